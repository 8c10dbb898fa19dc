import { PathExt } from '@jupyterlab/coreutils';
import type { IBundle, IDataset, IEndpoint, IRun } from './api';
import type { ItemOf } from './model';

const NAMED = /^[ \t]*ws[ \t]*=(?!=)[ \t]*(.*)$/gm;
const OPENED = [
  /^(?:wb|workbench)\.open\([ \t]*(?:"([^"\\]*)"|'([^'\\]*)')?[ \t]*\)/,
  /^%workbench[ \t]+open[ \t]+([^\s"'~]+)/
];

/** A Python text. JSON's escapes are Python's as well. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

/**
 * The workspace's folder as a notebook names it: relative to the notebook where both lie below
 * Jupyter's folder, so that the notebook still works elsewhere.
 */
export function folderFrom(
  notebook: string,
  workspace: { folder?: string; relative?: string | null }
): string {
  if (workspace.relative === null || workspace.relative === undefined) {
    return workspace.folder ?? '.';
  }
  const relative = workspace.relative === '.' ? '' : workspace.relative;
  return PathExt.relative(PathExt.dirname(notebook), relative) || '.';
}

/** The folder that `ws` is opened on in these cells; null if they do not say. */
export function openedIn(cells: readonly string[]): string | null {
  const last = [...cells.join('\n').matchAll(NAMED)].pop();
  const said = last?.[1] ?? '';
  const match = OPENED.map(form => form.exec(said)).find(found => found !== null);
  return match ? plainPath(match.slice(1).find(name => name) ?? '.') : null;
}

/** A path without detours; unlike PathExt's, an absolute one stays so. */
function plainPath(path: string): string {
  const plain = PathExt.normalize(path).replace(/\/$/, '') || '.';
  return path.startsWith('/') ? `/${plain}` : plain;
}

/** A text as a comment of one line: a name in a shared store may hold anything. */
function remark(...words: string[]): string {
  return `# ${words.join(', ').replace(/[\s\p{Cc}]+/gu, ' ').trim()}`;
}

/** A name that Python takes: `breast_cancer` of `breast-cancer@2`. */
export function variable(name: string, otherwise: string): string {
  const plain = name
    .replace(/@.*$/, '')
    .replace(/\W+/g, '_')
    .replace(/^(\d)/, '_$1');
  return /^[A-Za-z_]\w*$/.test(plain) ? plain : otherwise;
}

/** The line that takes a thing from the workspace, and shows it. */
function taking(target: ItemOf): string {
  switch (target.kind) {
    case 'datasets': {
      const data: IDataset = target.item;
      const name = variable(data.name, 'data');
      return `${name} = ws.datasets[${quoted(data.ref)}]\n${name}`;
    }
    case 'runs': {
      const run: IRun = target.item;
      const what = remark(run.title, run.dataset);
      return `run = ws.runs[${quoted(run.id.slice(0, 8))}]  ${what}\nrun`;
    }
    case 'bundles': {
      const bundle: IBundle = target.item;
      const found = `next(b for b in ws.bundles() if b.name == ${quoted(bundle.name)})`;
      return `bundle = ${found}\nbundle`;
    }
    case 'endpoints': {
      const endpoint: IEndpoint = target.item;
      return `endpoint = ws.endpoints[${quoted(endpoint.name)}]\nendpoint`;
    }
    case 'jobs':
      return `job = ws.jobs[${quoted(target.item.id)}]\njob`;
  }
}

/**
 * The code of a cell that takes one or several things from the workspace.
 *
 * `before` are the cells above it: where they open this folder it is not opened again. `absolute`
 * is how they may name it as well.
 */
export function snippet(
  targets: readonly ItemOf[],
  folder: string,
  before: readonly string[] = [],
  absolute = folder
): string {
  const there = openedIn(before);
  const opened = there !== null && [folder, absolute].map(plainPath).includes(there);
  const open = `import workbench as wb\n\nws = wb.open(${quoted(folder)})\n`;
  const runs = targets.filter((t): t is ItemOf<'runs'> => t.kind === 'runs');
  const body =
    runs.length > 1 && runs.length === targets.length
      ? `ws.compare([${runs.map(r => quoted(r.item.id.slice(0, 8))).join(', ')}])`
      : targets.map(taking).join('\n');
  return opened ? body : open + body;
}
