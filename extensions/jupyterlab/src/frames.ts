import type { Kernel } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ApiError } from './api';

/** A frame that a kernel holds. */
export interface IFrameInfo {
  name: string;
  library: string;
  rows: number;
  columns: number;
}

/**
 * An expression that runs a function of the helper's code beside the user's names, not among them.
 */
export function expression(code: string, call: string): string {
  // JSON's texts are Python's texts
  const text = JSON.stringify(code);
  return `(lambda here, there: (exec(${text}, there), there[${JSON.stringify(call)}])[1])(globals(), {"__name__": "workbench_kernel"})`;
}

/** The JSON behind the digits that the helper answers with. */
export function decoded(shown: string): unknown {
  const digits = /[0-9a-f]{2,}/.exec(shown)?.[0] ?? '';
  const bytes = Uint8Array.from(digits.match(/../g) ?? [], pair => parseInt(pair, 16));
  return JSON.parse(new TextDecoder().decode(bytes));
}

interface IExpressionReply {
  status: 'ok' | 'error';
  data?: Record<string, string>;
  ename?: string;
  evalue?: string;
}

async function evaluated(
  kernel: Kernel.IKernelConnection,
  code: string,
  trans: TranslationBundle
): Promise<unknown> {
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    user_expressions: { workbench: code },
    allow_stdin: false
  });
  const reply = await future.done;
  const content = reply.content as unknown as {
    status: string;
    user_expressions?: { workbench?: IExpressionReply };
  };
  const answer = content.user_expressions?.workbench;
  if (answer?.status !== 'ok') {
    const why = answer ? `${answer.ename ?? ''}: ${answer.evalue ?? ''}` : content.status;
    throw new ApiError(
      0,
      trans.__('The kernel did not answer (%1).', why),
      trans.__('Is it a Python kernel?')
    );
  }
  return decoded(answer.data?.['text/plain'] ?? '');
}

/** The frames of a Python kernel. */
export async function framesOf(
  kernel: Kernel.IKernelConnection,
  code: string,
  trans: TranslationBundle
): Promise<IFrameInfo[]> {
  const call = `${expression(code, 'frames')}(globals())`;
  return (await evaluated(kernel, call, trans)) as IFrameInfo[];
}

/** Let the kernel write a frame to a file; the file's path. */
export async function handOver(
  kernel: Kernel.IKernelConnection,
  code: string,
  name: string,
  folder: string,
  trans: TranslationBundle
): Promise<string> {
  const given = `(globals(), ${JSON.stringify(name)}, ${JSON.stringify(folder)})`;
  const call = `${expression(code, 'hand_over')}${given}`;
  const done = (await evaluated(kernel, call, trans)) as {
    path?: string;
    message?: string;
  };
  if (!done.path) {
    throw new ApiError(0, done.message ?? trans.__('The kernel wrote nothing.'));
  }
  return done.path;
}
