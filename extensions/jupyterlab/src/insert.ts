import type { ICodeCell } from '@jupyterlab/nbformat';
import { INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import { MimeData } from '@lumino/coreutils';
import { Drag } from '@lumino/dragdrop';
import { ItemOf, WorkbenchModel } from './model';
import { folderFrom, snippet } from './snippets';

const CELLS = 'application/vnd.jupyter.cells';

/** The code that takes things from the workspace, as a cell of this notebook names its folder. */
export function codeFor(
  targets: readonly ItemOf[],
  model: WorkbenchModel,
  notebook: NotebookPanel | null,
  place = (notebook?.content.activeCellIndex ?? -1) + 1
): string {
  const cells = notebook?.content.widgets.map(cell => cell.model.sharedModel.getSource()) ?? [];
  const folder = folderFrom(notebook?.context.localPath ?? '', model.workspace ?? {});
  return snippet(targets, folder, cells.slice(0, place), model.workspace?.folder);
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
  const mimeData = new MimeData();
  const carry = (code: string): void => {
    mimeData.setData(CELLS, [cellOf(code)]);
    mimeData.setData('text/plain', code);
  };
  carry(codeFor(targets, model, tracker?.currentWidget ?? null, 0));
  // only where it is let go it is known which notebook takes it, and what stands above it there
  const dropped = (event: Event): void => {
    const target = event.target as Node;
    const notebook = tracker?.find(one => one.node.contains(target));
    if (notebook) {
      const cells = notebook.content.widgets;
      const place = cells.findIndex(cell => cell.node.contains(target));
      carry(codeFor(targets, model, notebook, place === -1 ? cells.length : place));
    }
  };
  document.addEventListener('lm-drop', dropped, true);
  const image = document.createElement('div');
  image.className = 'wb-DragImage';
  image.textContent = label;
  const carried = new Drag({
    mimeData,
    dragImage: image,
    supportedActions: 'copy-move',
    proposedAction: 'copy'
  });
  void carried.start(x, y).then(() => {
    document.removeEventListener('lm-drop', dropped, true);
    carried.dispose();
  });
}

function cellOf(code: string): ICodeCell {
  return {
    cell_type: 'code',
    source: code,
    metadata: { trusted: true },
    outputs: [],
    execution_count: null
  };
}
