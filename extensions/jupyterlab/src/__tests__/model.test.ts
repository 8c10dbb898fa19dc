import { describe, expect, it, vi } from 'vitest';
import type { IJob, IWorkspace, Kind, WorkbenchApi } from '../api';
import { ApiError } from '../api';
import { ended, WorkbenchModel } from '../model';

const HERE: IWorkspace = { name: 'credit', folder: '/w/credit', chosen: '', offers: [], root: 'w' };

function job(id: string, state: IJob['state'], more: Partial<IJob> = {}): IJob {
  return {
    id,
    action: 'import',
    subject: 'a.csv',
    state,
    fraction: 0,
    text: '',
    error: '',
    cancelling: false,
    created: '2026-01-01T10:00:00+00:00',
    ended: null,
    links: [],
    ...more
  };
}

function modelWith(lists: Partial<Record<Kind, () => unknown[]>>, workspace = () => HERE) {
  const list = vi.fn((kind: Kind) => Promise.resolve(lists[kind]?.() ?? []));
  const api = {
    workspace: vi.fn(() => Promise.resolve().then(workspace)),
    list,
    courses: vi.fn((runs: string[]) =>
      Promise.resolve(Object.fromEntries(runs.map(run => [run, { name: 'loss', values: [2, 1] }])))
    )
  } as unknown as WorkbenchApi;
  return { model: new WorkbenchModel(api), list, api };
}

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await Promise.resolve();
  }
}

describe('ended', () => {
  it('tells what was active and is no more, and what began and ended in between', () => {
    const before = [job('a', 'running'), job('b', 'done'), job('c', 'queued')];
    const after = [
      job('d', 'failed', { created: '2026-01-01T11:00:00+00:00', ended: '2' }),
      job('a', 'done', { ended: '3' }),
      job('b', 'done'),
      job('c', 'queued'),
      job('e', 'done', { created: '2025-12-31T10:00:00+00:00' })
    ];
    const found = ended(before, after, '2026-01-01T10:30:00+00:00');
    expect(found.map(one => one.id)).toEqual(['d', 'a']);
  });
});

describe('WorkbenchModel', () => {
  it('reads every list once ahead, and again only when somebody looks', async () => {
    const { model, list } = modelWith({ runs: () => [{ id: 'r' }] });
    await model.refresh();
    await model.ahead();
    await settled();
    const kinds = list.mock.calls.map(call => call[0]);
    expect(kinds.filter(kind => kind === 'runs')).toHaveLength(1);
    expect(new Set(kinds).size).toBe(5);
    expect(model.shelves.runs).toMatchObject({ known: true, rows: [{ id: 'r' }] });
    await model.refresh();
    await settled();
    expect(list.mock.calls.filter(call => call[0] === 'runs')).toHaveLength(1);
    model.dispose();
  });

  it('reads only the jobs until somebody looks', async () => {
    const { model, list } = modelWith({});
    await model.refresh();
    await settled();
    expect(list.mock.calls.map(call => call[0])).toEqual(['jobs']);
    model.watched = true;
    await settled();
    expect(new Set(list.mock.calls.map(call => call[0]))).toEqual(
      new Set(['jobs', 'datasets', 'runs', 'bundles', 'endpoints'])
    );
    model.dispose();
  });

  it('says once that a job has ended', async () => {
    const states: IJob['state'][] = ['running', 'done', 'done'];
    const { model } = modelWith({ jobs: () => [job('a', states.shift() ?? 'done')] });
    const told: string[] = [];
    model.jobEnded.connect((_, one) => told.push(`${one.id} ${one.state}`));
    await model.refresh();
    await settled();
    await model.reload('jobs');
    await model.reload('jobs');
    expect(told).toEqual(['a done']);
    model.dispose();
  });

  it('keeps what it knows when the server goes, and forgets the sentence when it is back', async () => {
    let away = false;
    const { model } = modelWith({ jobs: () => [job('a', 'running')] }, () => {
      if (away) {
        throw new ApiError(0, 'Jupyter does not answer.');
      }
      return HERE;
    });
    await model.refresh();
    await settled();
    away = true;
    await model.refresh();
    expect(model.error?.message).toBe('Jupyter does not answer.');
    expect(model.shelves.jobs.rows).toHaveLength(1);
    away = false;
    await model.refresh();
    expect(model.error).toBeNull();
    model.dispose();
  });

  it('shows nothing of the workspace before when another is there', async () => {
    let here = HERE;
    const { model } = modelWith({ datasets: () => (here === HERE ? [{ ref: 'a@1' }] : []) }, () => here);
    model.watched = true;
    await model.refresh();
    await settled();
    expect(model.shelves.datasets.rows).toHaveLength(1);
    here = { ...HERE, name: '', folder: undefined, message: 'There is no workspace.', hint: 'Make one.' };
    await model.refresh();
    expect(model.shelves.datasets.rows).toHaveLength(0);
    expect(model.error).toMatchObject({ message: 'There is no workspace.', hint: 'Make one.' });
    model.dispose();
  });

  it('tells the error of one list beside the others', async () => {
    const { model } = modelWith({
      runs: () => {
        throw new ApiError(503, 'The MLflow store refused.', 'Is it up?');
      },
      datasets: () => [{ ref: 'a@1' }]
    });
    model.watched = true;
    await model.refresh();
    await settled();
    expect(model.shelves.runs.error?.hint).toBe('Is it up?');
    expect(model.shelves.datasets.rows).toHaveLength(1);
    expect(model.error).toBeNull();
    model.dispose();
  });

  it('asks for each sparkline once, and for all in view together', async () => {
    vi.useFakeTimers();
    const { model, api } = modelWith({});
    const run = (id: string, state = 'done') => ({ id, state });
    model.wantCourses([run('a'), run('b')]);
    model.wantCourses([run('b'), run('c'), run('d', 'running')]);
    await vi.advanceTimersByTimeAsync(200);
    expect(vi.mocked(api.courses).mock.calls).toEqual([[['a', 'b', 'c']]]);
    expect(model.course('a')?.values).toEqual([2, 1]);
    model.wantCourses([run('a')]);
    await vi.advanceTimersByTimeAsync(200);
    expect(api.courses).toHaveBeenCalledTimes(1);
    vi.useRealTimers();
    model.dispose();
  });
});
