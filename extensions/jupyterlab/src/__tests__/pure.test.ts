import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import type { IDataset, IJob, IRun } from '../api';
import { addressOf, queryOf } from '../appview';
import { nameFrom } from '../dialogs';
import { ago, jobTitle, score } from '../format';
import { decoded, expression } from '../frames';
import type { ItemOf } from '../model';
import { chosen, filtered, inView } from '../rows';
import { folderFrom, snippet, variable } from '../snippets';
import { linePath } from '../sparkline';
import { progressOf } from '../status';

const trans = nullTranslator.load('workbench');
const data = { ref: 'breast-cancer@2', name: 'breast-cancer', title: 'Tumours', target: 'y' } as IDataset;
const run = (id: string, title = 'Forest'): IRun =>
  ({ id, title, name: title, dataset: 'a@1', state: 'done', aliases: ['champion'] }) as unknown as IRun;
const dataset: ItemOf = { kind: 'datasets', key: data.ref, item: data };
const runs: ItemOf[] = ['0123456789', '9876543210'].map(id => ({ kind: 'runs', key: id, item: run(id) }));

describe('snippets', () => {
  it('opens the workspace and takes the data set', () => {
    expect(snippet([dataset], '../credit')).toBe(
      'import workbench as wb\n\nws = wb.open("../credit")\n' +
        'breast_cancer = ws.datasets["breast-cancer@2"]\nbreast_cancer'
    );
  });
  it('leaves out what the notebook does already', () => {
    const before = ['x = 1', 'import workbench as wb\nws = wb.open("credit")'];
    expect(snippet([dataset], 'credit', before)).not.toContain('open(');
  });
  it('opens the workspace where the notebook has opened another one', () => {
    const opened = (...before: string[]) => !snippet([dataset], '../credit', before, '/w/credit').includes('open(');
    expect(opened('ws = wb.open("../credit/")')).toBe(true);
    expect(opened("ws = workbench.open('./../credit')  # here")).toBe(true);
    expect(opened('ws = wb.open("/w/credit")')).toBe(true);
    expect(opened('ws = %workbench open ../credit')).toBe(true);
    expect(opened('ws = wb.open("../other")')).toBe(false);
    expect(opened('ws = wb.open("w/credit")')).toBe(false);
    expect(opened('ws = wb.open()')).toBe(false);
    expect(opened('ws = wb.open(folder)')).toBe(false);
    expect(opened('ws = wb.open("../credit")', 'ws = wb.open("../other")')).toBe(false);
    expect(opened('ws = wb.open("../other")\nws = wb.open("../credit")')).toBe(true);
    expect(opened('ws = wb.open("../credit")\nassert ws == ws')).toBe(true);
  });
  it('keeps a name that somebody else wrote within its comment', () => {
    const named = run('0123456789', 'calm\r\nimport os\u2028os.x()\x00\f');
    named.dataset = 'a\n@1';
    const [line, ...rest] = snippet([{ ...runs[0], item: named } as ItemOf], '.', ['ws = wb.open()']).split(/[\r\n\f]/);
    expect(line).toBe('run = ws.runs["01234567"]  # calm import os os.x() , a @1');
    expect(rest).toEqual(['run']);
  });
  it('compares several runs', () => {
    expect(snippet(runs, '.', ['ws = wb.open()'])).toBe('ws.compare(["01234567", "98765432"])');
  });
  it('quotes what would end a text', () => {
    expect(snippet([dataset], 'a"b\\c')).toContain('wb.open("a\\"b\\\\c")');
  });
  it('names the folder as the notebook sees it', () => {
    const here = { folder: '/w/credit', relative: 'credit' };
    expect(folderFrom('try.ipynb', here)).toBe('credit');
    expect(folderFrom('notes/deep/try.ipynb', here)).toBe('../../credit');
    expect(folderFrom('credit/try.ipynb', here)).toBe('.');
    expect(folderFrom('try.ipynb', { folder: '/w', relative: '.' })).toBe('.');
    expect(folderFrom('try.ipynb', { folder: '/elsewhere', relative: null })).toBe('/elsewhere');
  });
  it('makes names that Python takes', () => {
    expect(variable('2024 sales@1', 'data')).toBe('_2024_sales');
    expect(variable('größe', 'data')).toBe('gr_e');
    expect(variable('', 'data')).toBe('data');
  });
});

describe('rows', () => {
  it('finds rows that hold every word', () => {
    const rows = [run('aaaa', 'Forest deep'), run('bbbb', 'Logistic')];
    expect(filtered('runs', rows, ' FOREST champ ', trans).map(one => one.id)).toEqual(['aaaa']);
    expect(filtered('runs', rows, '', trans)).toBe(rows);
  });
  it('makes only the rows in view', () => {
    expect(inView(1000, 44, 4400, 440, 5)).toEqual({ first: 95, last: 115 });
    expect(inView(3, 44, -500, 900)).toEqual({ first: 0, last: 3 });
    expect(inView(0, 44, 0, 900)).toEqual({ first: 0, last: 0 });
    const beyond = inView(10, 44, 9000, 440);
    expect(beyond.last - beyond.first).toBeLessThanOrEqual(0);
  });
  it('chooses as file browsers do', () => {
    const order = ['a', 'b', 'c', 'd'];
    const no = { toggle: false, extend: false };
    expect(chosen(['b'], order, 'a', 'b', no)).toEqual(['a']);
    expect(chosen(['b'], order, 'd', 'b', { toggle: false, extend: true })).toEqual(['b', 'c', 'd']);
    expect(chosen(['d'], order, 'b', 'd', { toggle: false, extend: true })).toEqual(['b', 'c', 'd']);
    expect(chosen(['b'], order, 'd', 'b', { toggle: true, extend: false })).toEqual(['b', 'd']);
    expect(chosen(['b', 'd'], order, 'd', 'b', { toggle: true, extend: false })).toEqual(['b']);
  });
});

describe('words', () => {
  it('prints numbers as tables do', () => {
    expect([0.98390342, 12.3456, 1204.4, 0.0000031, null].map(score)).toEqual([
      '0.984',
      '12.35',
      (1204).toLocaleString(),
      '3.1e-6',
      '–'
    ]);
  });
  it('says how long ago', () => {
    const now = Date.parse('2026-05-03T12:00:00Z');
    expect(ago('2026-05-03T11:59:30Z', trans, now)).toBe('just now');
    expect(ago('2026-05-03T11:30:00Z', trans, now)).toBe('30 min ago');
    expect(ago('2026-05-03T07:00:00Z', trans, now)).toBe('5 h ago');
    expect(ago(null, trans, now)).toBe('');
  });
  it('says jobs as people do', () => {
    expect(jobTitle({ action: 'import', subject: 'a.csv' }, trans)).toBe('Import a.csv');
    expect(jobTitle({ action: 'reproduce', subject: '' }, trans)).toBe('Reproduce');
  });
  it('folds all active jobs into a line', () => {
    const job = (state: string, fraction: number) =>
      ({ state, fraction, action: 'import', subject: 'a.csv' }) as IJob;
    expect(progressOf([job('running', 0.5), job('done', 1)], trans).label).toBe('Import a.csv 50%');
    const two = progressOf([job('running', 0.5), job('queued', 0)], trans);
    expect(two).toMatchObject({ active: 2, fraction: 0.25, label: '2 jobs 25%' });
    expect(progressOf([], trans).active).toBe(0);
  });
  it('names a data set after its file', () => {
    expect(nameFrom('a/My Loans (2024).csv.gz')).toBe('my_loans_2024');
    expect(nameFrom('???.csv')).toBe('data');
  });
});

describe('the app’s address', () => {
  it('holds page and theme, never a token', () => {
    expect(queryOf({ page: 'data', data: 'a b@1', token: 'x', run: '' }, true)).toBe(
      '?page=data&data=a+b%401&theme=dark'
    );
    expect(addressOf('?page=data&data=a+b%401&theme=dark&token=x')).toEqual({
      page: 'data',
      data: 'a b@1'
    });
  });
});

describe('frames', () => {
  it('reads digits whatever quotes are around them', () => {
    const hex = [...new TextEncoder().encode('{"name":"größe"}')]
      .map(byte => byte.toString(16).padStart(2, '0'))
      .join('');
    expect(decoded(`'${hex}'`)).toEqual({ name: 'größe' });
  });
  it('runs the helper beside the names of the user', () => {
    const code = expression('x = "a"\n', 'frames');
    expect(code).toContain(String.raw`exec("x = \"a\"\n", there)`);
  });
});

describe('sparkline', () => {
  it('draws from edge to edge, low values below', () => {
    expect(linePath([0, 10])).toBe('M1.0 14.0L55.0 2.0');
    expect(linePath([1, null, 1, 2])).toMatch(/^M[^L]*M.*L/);
    expect(linePath([1])).toBe('');
  });
});
