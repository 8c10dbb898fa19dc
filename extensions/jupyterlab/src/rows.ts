import type { TranslationBundle } from '@jupyterlab/translation';
import type { IShelves, Kind } from './api';
import { jobTitle } from './format';
import { ItemOf, keyOf } from './model';

/** How many of a list are shown before somebody asks for all. */
export const FEW: Record<Kind, number> = {
  datasets: 12,
  runs: 10,
  bundles: 6,
  endpoints: 8,
  jobs: 5
};

/** What a row is found by: each word must be in it somewhere. */
export function wordsOf(kind: Kind, item: IShelves[Kind], trans: TranslationBundle): string {
  switch (kind) {
    case 'datasets': {
      const data = item as IShelves['datasets'];
      return [data.ref, data.title, data.target].join(' ');
    }
    case 'runs': {
      const run = item as IShelves['runs'];
      return [run.title, run.name, run.id, run.dataset, run.state, ...run.aliases].join(' ');
    }
    case 'bundles': {
      const bundle = item as IShelves['bundles'];
      return [bundle.name, bundle.family, bundle.dataset].join(' ');
    }
    case 'endpoints': {
      const endpoint = item as IShelves['endpoints'];
      return [endpoint.name, endpoint.state, endpoint.port].join(' ');
    }
    case 'jobs': {
      const job = item as IShelves['jobs'];
      return [jobTitle(job, trans), job.state, job.id].join(' ');
    }
  }
}

/** The rows of a list that hold all words of a filter. */
export function filtered<K extends Kind>(
  kind: K,
  rows: readonly IShelves[K][],
  filter: string,
  trans: TranslationBundle
): readonly IShelves[K][] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    return rows;
  }
  return rows.filter(row => {
    const text = wordsOf(kind, row, trans).toLowerCase();
    return words.every(word => text.includes(word));
  });
}

/** The rows of a list as things that can be chosen. */
export function items<K extends Kind>(kind: K, rows: readonly IShelves[K][]): ItemOf[] {
  return rows.map(item => ({ kind, key: keyOf(kind, item), item }) as unknown as ItemOf);
}

/** Which rows of a long list lie in view, with some before and after. */
export function inView(
  total: number,
  height: number,
  above: number,
  view: number,
  spare = 8
): { first: number; last: number } {
  const first = Math.max(0, Math.floor(above / height) - spare);
  const last = Math.min(total, Math.ceil((above + view) / height) + spare);
  return { first: Math.min(first, total), last: Math.max(last, 0) };
}

/** The choice after a click or a key on a row, as file browsers do it. */
export function chosen(
  before: readonly string[],
  order: readonly string[],
  key: string,
  anchor: string | null,
  how: { toggle: boolean; extend: boolean }
): string[] {
  if (how.extend && anchor !== null && order.includes(anchor)) {
    const [from, to] = [order.indexOf(anchor), order.indexOf(key)].sort((a, b) => a - b);
    return order.slice(from, to + 1);
  }
  if (how.toggle) {
    return before.includes(key) ? before.filter(one => one !== key) : [...before, key];
  }
  return [key];
}
