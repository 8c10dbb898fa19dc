import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator, TranslationBundle } from '@jupyterlab/translation';
import { readEvents } from './events';

/** Path of the handlers below the server's base URL. */
export const NAMESPACE = 'workbench/api';

/** The lists, in the order in which the side bar shows them. */
export const KINDS = ['datasets', 'runs', 'bundles', 'endpoints', 'jobs'] as const;
export type Kind = (typeof KINDS)[number];

export interface IWorkspace {
  /** Empty if there is none; `message` and `hint` then say why and what to do. */
  name: string;
  folder?: string;
  /** Seen from Jupyter's folder; null if it lies elsewhere. */
  relative?: string | null;
  /** Address of a remote MLflow server, if runs lie there. */
  store?: string;
  /** Whether it would be shown without a choice. */
  nearest?: boolean;
  /** Another one after each start of Jupyter. */
  server: string;
  chosen: string;
  /** Workspaces right below Jupyter's folder. */
  offers: string[];
  root: string;
  message?: string;
  hint?: string;
}

export interface IDataset {
  name: string;
  ref: string;
  title: string;
  rows: number;
  columns: number;
  target: string;
  created: string | null;
}

export interface IRun {
  id: string;
  name: string;
  title: string;
  state: 'running' | 'done' | 'failed' | 'cancelled';
  dataset: string;
  aliases: string[];
  metric: string;
  value: number | null;
  metrics: [string, number | null][];
  started: string | null;
  seconds: number | null;
  reason: string;
}

export interface IBundle {
  name: string;
  path: string;
  family: string;
  dataset: string;
  run: string;
  verdict: 'pass' | 'warn' | 'block';
  created: string | null;
}

export interface IBundleContents extends IBundle {
  target: string;
  task: string;
  classes: string[];
  inputs: { name: string; kind: string }[];
  metrics: [string, number | null][];
  files: number;
}

export interface IEndpoint {
  name: string;
  state: 'starting' | 'ready' | 'stopped' | 'failed';
  url: string;
  port: number;
  run: string;
  bundle: string;
  reason: string;
  started: string | null;
}

/** A page of the app, and what it is about. */
export interface ILink {
  label: string;
  page: string;
  about: Record<string, string>;
}

export interface IJob {
  id: string;
  action: string;
  subject: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'lost';
  fraction: number;
  text: string;
  error: string;
  cancelling: boolean;
  created: string | null;
  ended: string | null;
  links: ILink[];
}

export interface IPreview {
  columns: { name: string; type: string; role: string }[];
  rows: (string | null)[][];
  sentence: string;
  notes: string[];
}

export interface ICourse {
  name: string;
  values: (number | null)[];
}

export interface IShelves {
  datasets: IDataset;
  runs: IRun;
  bundles: IBundle;
  endpoints: IEndpoint;
  jobs: IJob;
}

/** What went wrong, in a sentence, and what can be done about it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly hint = ''
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** Any failure as a sentence with a hint. */
export function explained(reason: unknown): ApiError {
  if (reason instanceof ApiError) {
    return reason;
  }
  return new ApiError(0, reason instanceof Error ? reason.message : String(reason));
}

/** Asks the handlers; XSRF, token and base URL come from Lab's settings. */
export class WorkbenchApi {
  constructor(
    readonly settings: ServerConnection.ISettings = ServerConnection.makeSettings(),
    readonly trans: TranslationBundle = nullTranslator.load('workbench')
  ) {}

  workspace(): Promise<IWorkspace> {
    return this.request('workspace');
  }

  choose(folder: string): Promise<IWorkspace> {
    return this.request('workspace', { method: 'PUT', body: JSON.stringify({ folder }) });
  }

  create(folder: string): Promise<IWorkspace> {
    return this.post('workspace', { folder });
  }

  async list<K extends Kind>(kind: K): Promise<IShelves[K][]> {
    return (await this.request<{ rows: IShelves[K][] }>(kind)).rows;
  }

  courses(runs: readonly string[]): Promise<Record<string, ICourse>> {
    return this.request(`courses?runs=${runs.map(encodeURIComponent).join(',')}`);
  }

  preview(path: string): Promise<IPreview> {
    return this.request(`preview?path=${encodeURIComponent(path)}`);
  }

  bundle(path: string): Promise<IBundleContents> {
    return this.request(`bundle?path=${encodeURIComponent(path)}`);
  }

  kernel(): Promise<{ code: string; folder: string }> {
    return this.request('kernel');
  }

  import(path: string, name: string, target = '', handed = false): Promise<IJob> {
    return this.post('datasets', { path, name, target, handed });
  }

  submit(action: string, params: Record<string, string>): Promise<IJob> {
    return this.post('jobs', { action, params });
  }

  cancel(job: string): Promise<IJob> {
    return this.post(`jobs/${encodeURIComponent(job)}/cancel`, {});
  }

  endpoint(name: string, verb: 'stop' | 'restart'): Promise<IEndpoint> {
    return this.post(`endpoints/${encodeURIComponent(name)}/${verb}`, {});
  }

  /**
   * Hear which lists change until `signal` ends it or the server goes.
   *
   * Not an EventSource: that cannot send a token, and answers nothing when it is refused.
   */
  async listen(heard: (kinds: string[]) => void, signal: AbortSignal): Promise<void> {
    const response = await this.fetch('events', { signal, cache: 'no-store' });
    if (!response.ok || !response.body) {
      throw new ApiError(response.status, response.statusText);
    }
    await readEvents(response.body, data => heard(JSON.parse(data) as string[]));
  }

  private post<T>(path: string, body: unknown): Promise<T> {
    return this.request(path, { method: 'POST', body: JSON.stringify(body) });
  }

  private async request<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await this.fetch(path, init);
    const text = await response.text();
    const body = parsed(text);
    if (!response.ok || body === undefined) {
      throw this.refusal(response, body);
    }
    return body as T;
  }

  private async fetch(path: string, init: RequestInit): Promise<Response> {
    const [name, ...query] = path.split('?');
    const url = URLExt.join(this.settings.baseUrl, NAMESPACE, name);
    try {
      return await ServerConnection.makeRequest(
        query.length > 0 ? `${url}?${query.join('?')}` : url,
        init,
        this.settings
      );
    } catch {
      throw new ApiError(
        0,
        this.trans.__('Jupyter does not answer.'),
        this.trans.__('It is asked again by itself.')
      );
    }
  }

  private refusal(response: Response, body?: ISaid): ApiError {
    const { status } = response;
    const { trans } = this;
    if (status === 403) {
      return new ApiError(
        status,
        trans.__('Jupyter asks for its login.'),
        trans.__('Reload this page.')
      );
    }
    if (body?.message) {
      return new ApiError(status, body.message, body.hint);
    }
    if (status === 404) {
      return new ApiError(
        status,
        trans.__('The server part of Workbench is not running.'),
        trans.__('Restart Jupyter after: %1', 'pip install "ml-workbench[jupyter]"')
      );
    }
    return new ApiError(status, trans.__('Jupyter answered %1 and no more.', status));
  }
}

interface ISaid {
  message?: string;
  hint?: string;
}

/** What a reply says, if it is ours: a proxy on the way may answer with a page. */
function parsed(text: string): ISaid | undefined {
  try {
    return JSON.parse(text) as ISaid;
  } catch {
    return undefined;
  }
}
