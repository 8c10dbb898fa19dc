import { PathExt } from '@jupyterlab/coreutils';
import type { IBundle, IDataset, IEndpoint, IRun } from './api';
import type { ItemOf } from './model';

const OPENED = /^\s*ws\s*=\s*(?:wb|workbench)\.open\(/m;

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
      return `run = ws.runs[${quoted(run.id.slice(0, 8))}]  # ${run.title}, ${run.dataset}\nrun`;
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

/** The code of a cell that takes one or several things from the workspace. */
export function snippet(
  targets: readonly ItemOf[],
  folder: string,
  before: readonly string[] = []
): string {
  const opened = before.some(source => OPENED.test(source));
  const open = `import workbench as wb\n\nws = wb.open(${quoted(folder)})\n`;
  const runs = targets.filter((t): t is ItemOf<'runs'> => t.kind === 'runs');
  const body =
    runs.length > 1 && runs.length === targets.length
      ? `ws.compare([${runs.map(r => quoted(r.item.id.slice(0, 8))).join(', ')}])`
      : targets.map(taking).join('\n');
  return opened ? body : open + body;
}
