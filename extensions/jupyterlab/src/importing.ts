import { Notification, showErrorMessage } from '@jupyterlab/apputils';
import { FileDialog } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import { ApiError } from './api';
import type { IHolders } from './commands';
import { askFrame, askImport, showBundle } from './dialogs';
import { framesOf, handOver } from './frames';

/** What a table can be read from; the server looks again. */
export const TABLES =
  /\.(csv|tsv|tab|parquet|json|jsonl|ndjson|arrow|arrows|feather|xlsx|xlsm|xlsb|xls|ods)(\.gz|\.zip)?$/i;

/** Show how a file would be read, ask for a name, and begin its import. */
export async function importFile(held: IHolders, path: string): Promise<void> {
  const { model, trans } = held;
  const local = localPath(held, path);
  const given = await askImport(path, await model.api.preview(local), trans);
  if (given) {
    await model.api.import(local, given.name, given.target);
    await model.reload('jobs');
  }
}

/** Show what a bundle holds; the run to open in the app, if somebody asks for it. */
export async function openBundle(held: IHolders, path: string): Promise<string | null> {
  const { model, trans } = held;
  const bundle = await model.api.bundle(localPath(held, path));
  const what = await showBundle(bundle, trans);
  if (what === 'serve') {
    await model.api.submit('serve', { bundle: bundle.path });
    await model.reload('jobs');
  }
  return what === 'app' ? bundle.run : null;
}

/** List the frames of the notebook's kernel, and import the one that is chosen. */
export async function sendFrame(held: IHolders): Promise<void> {
  const { model, notebooks, trans } = held;
  const session = notebooks?.currentWidget?.context.sessionContext;
  await session?.ready;
  const kernel = session?.session?.kernel;
  if (!kernel) {
    throw new ApiError(0, trans.__('This notebook has no kernel.'), trans.__('Choose one first.'));
  }
  if (kernel.status === 'busy') {
    Notification.info(trans.__('The kernel is busy; its frames are listed when it is done.'), {
      autoClose: 4000
    });
  }
  const { code, folder } = await model.api.kernel();
  const frames = await framesOf(kernel, code, trans);
  if (frames.length === 0) {
    await showErrorMessage(
      trans.__('There is no DataFrame in this kernel'),
      trans.__('Run the cell that makes one (pandas, Polars or Arrow), then try again.')
    );
    return;
  }
  const given = await askFrame(frames, trans);
  if (given) {
    const path = await handOver(kernel, code, given.frame, folder, trans);
    await model.api.import(path, given.name, '', true);
    await model.reload('jobs');
  }
}

/** Let the user choose a file that may hold a table. */
export async function pickFile(held: IHolders): Promise<string | undefined> {
  const { files, trans } = held;
  if (!files) {
    return undefined;
  }
  const picked = await FileDialog.getOpenFiles({
    manager: files.model.manager,
    title: trans.__('Import a file into Workbench'),
    filter: (file: Contents.IModel) =>
      file.type === 'directory' || TABLES.test(file.name) ? {} : null
  });
  return picked.button.accept ? picked.value?.[0]?.path : undefined;
}

/** Paths of other drives begin with their name, which the server does not know. */
export function localPath(held: IHolders, path: string): string {
  return held.app.serviceManager.contents.localPath(path);
}
