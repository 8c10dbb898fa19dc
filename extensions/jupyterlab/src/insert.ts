import type { ICodeCell } from '@jupyterlab/nbformat';
import { INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import { MimeData } from '@lumino/coreutils';
import { Drag } from '@lumino/dragdrop';
import { ItemOf, WorkbenchModel } from './model';
import { folderFrom, snippet } from './snippets';

const CELLS = 'application/vnd.jupyter.cells';

/** The code that takes things from the workspace, as this notebook names its folder. */
export function codeFor(
  targets: readonly ItemOf[],
  model: WorkbenchModel,
  notebook: NotebookPanel | null
): string {
  const cells = notebook?.content.widgets.map(cell => cell.model.sharedModel.getSource()) ?? [];
  return snippet(targets, folderOf(model, notebook), cells);
}

function folderOf(model: WorkbenchModel, notebook: NotebookPanel | null): string {
  return folderFrom(notebook?.context.localPath ?? '', model.workspace ?? {});
}

/** Put code into a new cell below the active one, or into that if it is empty. */
export function insertCell(panel: NotebookPanel, code: string): void {
  const book = panel.content;
  const active = book.activeCell?.model;
  if (active?.type !== 'code' || active.sharedModel.getSource().trim() !== '') {
    NotebookActions.insertBelow(book);
    NotebookActions.changeCellType(book, 'code');
  }
  book.activeCell?.model.sharedModel.setSource(code);
  void NotebookActions.focusActiveCell(book);
}

/** Carry things with the mouse: a notebook takes them as a cell, an editor as text. */
export function drag(
  targets: readonly ItemOf[],
  model: WorkbenchModel,
  tracker: INotebookTracker | null,
  label: string,
  x: number,
  y: number
): void {
  const code = codeFor(targets, model, tracker?.currentWidget ?? null);
  const cell: ICodeCell = {
    cell_type: 'code',
    source: code,
    metadata: { trusted: true },
    outputs: [],
    execution_count: null
  };
  const mimeData = new MimeData();
  mimeData.setData(CELLS, [cell]);
  mimeData.setData('text/plain', code);
  const image = document.createElement('div');
  image.className = 'wb-DragImage';
  image.textContent = label;
  const carried = new Drag({
    mimeData,
    dragImage: image,
    supportedActions: 'copy-move',
    proposedAction: 'copy'
  });
  void carried.start(x, y).then(() => carried.dispose());
}
