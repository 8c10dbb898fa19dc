import { describe, expect, it, vi } from 'vitest';
import type { IJob, IWorkspace, Kind, WorkbenchApi } from '../api';
import { ApiError } from '../api';
import { ended, WorkbenchModel } from '../model';

const HERE: IWorkspace = {
  name: 'credit',
  folder: '/w/credit',
  server: 's1',
  chosen: '',
  offers: [],
  root: 'w'
};

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

  it('tells a job that ended only if it was begun after the first look, by the server’s clock', async () => {
    let here = HERE;
    const lists: IJob[][] = [
      [job('old', 'done', { created: '2031-01-01T10:00:00+00:00' })], // far ahead of this clock
      [
        job('old', 'done', { created: '2031-01-01T10:00:00+00:00' }),
        job('quick', 'done', { created: '2031-01-01T10:00:05+00:00', ended: '1' })
      ],
      [job('theirs', 'failed', { created: '2032-01-01T10:00:00+00:00' })],
      []
    ];
    const { model } = modelWith({ jobs: () => lists.shift() ?? [] }, () => here);
    const told: string[] = [];
    model.jobEnded.connect((_, one) => told.push(one.id));
    await model.refresh();
    await settled();
    expect(told).toEqual([]);
    await model.reload('jobs');
    expect(told).toEqual(['quick']);
    here = { ...HERE, folder: '/w/other' };
    await model.refresh();
    await settled();
    expect(model.shelves.jobs.rows).toHaveLength(1);
    expect(told).toEqual(['quick']); // what ended in the other workspace is no news
    model.dispose();
  });

  it('reads the runs again when a rename did not come about', async () => {
    const states: IJob['state'][] = ['running', 'failed'];
    const { model, list } = modelWith({
      jobs: () => [job('a', states.shift() ?? 'failed', { action: 'rename' })],
      runs: () => [{ id: 'r', title: 'before' }]
    });
    model.watched = true;
    await model.refresh();
    await settled();
    model.patchRun('r', { title: 'after' });
    expect(model.shelves.runs.rows[0].title).toBe('after');
    await model.reload('jobs');
    await settled();
    expect(model.shelves.runs.rows[0].title).toBe('before');
    expect(list.mock.calls.filter(call => call[0] === 'runs')).toHaveLength(2);
    model.dispose();
  });

  it('leaves out rows of the workspace before that come late', async () => {
    let here = HERE;
    let late: (rows: unknown[]) => void = () => undefined;
    const { model, list } = modelWith({}, () => here);
    await model.refresh();
    await settled();
    list.mockImplementationOnce(() => new Promise(resolve => (late = resolve)));
    const reading = model.reload('datasets');
    here = { ...HERE, folder: '/w/other' };
    await model.refresh();
    late([{ ref: 'old@1' }]);
    await reading;
    expect(model.shelves.datasets.rows).toEqual([]);
    model.dispose();
  });
});

/** A server with two workspaces, which forgets the choice when it is started anew. */
function server() {
  const state = { id: 's1', chosen: '', away: false };
  const told = (): IWorkspace => {
    if (state.away) {
      throw new ApiError(0, 'Jupyter does not answer.');
    }
    const one = { server: state.id, chosen: state.chosen, offers: ['a', 'b'], root: 'w' };
    return state.chosen
      ? { ...one, name: state.chosen, folder: `/w/${state.chosen}` }
      : { ...one, name: '', message: 'There are 2 workspaces here: a, b.' };
  };
  const { model, api } = modelWith({}, told);
  const choose = vi.fn((folder: string) =>
    Promise.resolve().then(() => {
      told();
      state.chosen = folder;
      return told();
    })
  );
  const create = vi.fn((folder: string) => {
    state.chosen = folder;
    return Promise.resolve({ ...told(), nearest: folder === 'only' });
  });
  Object.assign(api, { choose, create });
  const restart = (): void => {
    state.id += '+';
    state.chosen = '';
  };
  return { state, model, choose, restart };
}

describe('the choice of a workspace', () => {
  it('is told again to a Jupyter that was started anew, and open pages hear of it', async () => {
    const { model, choose, restart } = server();
    let restarts = 0;
    model.restarted.connect(() => restarts++);
    await model.refresh();
    await model.choose('a');
    await model.refresh();
    expect(choose).toHaveBeenCalledTimes(1);
    restart();
    await model.refresh();
    expect(model.workspace?.name).toBe('a');
    expect(model.error).toBeNull();
    expect([choose.mock.calls.length, restarts]).toEqual([2, 1]);
    model.dispose();
  });

  it('is told again when it was not heard the first time', async () => {
    const { state, model, choose } = server();
    await model.refresh();
    state.away = true;
    await model.choose('b');
    expect(model.error?.status).toBe(0);
    state.away = false;
    await model.refresh();
    expect(model.workspace?.name).toBe('b');
    expect(choose).toHaveBeenCalledTimes(2);
    model.dispose();
  });

  it('can be made by the button although it was made before', async () => {
    const { state, model } = server();
    await model.refresh();
    await model.choose('a');
    state.chosen = ''; // by somebody else
    await model.refresh();
    expect(model.workspace?.name).toBe('');
    await model.choose('a');
    expect(model.workspace?.name).toBe('a');
    model.dispose();
  });

  it('of another page stays', async () => {
    const { state, model, choose } = server();
    await model.choose('a');
    state.chosen = 'b';
    await model.refresh();
    await model.refresh();
    expect(model.workspace?.name).toBe('b');
    expect(choose).toHaveBeenCalledTimes(1);
    model.dispose();
  });

  it('follows what was made, and is kept where it would not be found again', async () => {
    const { model, restart } = server();
    await model.refresh();
    expect(await model.create('only')).toBe('');
    expect(await model.create('c')).toBe('c');
    restart();
    await model.refresh();
    expect(model.workspace?.name).toBe('c');
    model.dispose();
  });
});

describe('a page that was hidden', () => {
  it('follows at once when somebody comes back', async () => {
    vi.useFakeTimers();
    let hidden = false;
    const turn = (now: boolean): void => {
      hidden = now;
      document.dispatchEvent(new Event('visibilitychange'));
    };
    const spy = vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
    const { model, api } = modelWith({});
    const listen = vi.fn(
      (_: unknown, signal: AbortSignal) =>
        new Promise<void>((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new ApiError(0, 'Jupyter does not answer.')))
        )
    );
    Object.assign(api, { listen });
    model.start();
    await vi.advanceTimersByTimeAsync(0);
    for (let times = 2; times < 8; times++) {
      turn(true);
      await vi.advanceTimersByTimeAsync(100);
      expect(model.error).toBeNull();
      turn(false);
      await vi.advanceTimersByTimeAsync(0);
      expect(listen).toHaveBeenCalledTimes(times);
    }
    // a server that is away is asked less and less often, but at once when somebody comes back
    listen.mockImplementation(() => Promise.reject(new ApiError(0, 'Jupyter does not answer.')));
    turn(true);
    turn(false);
    await vi.advanceTimersByTimeAsync(60_000);
    const before = listen.mock.calls.length;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(listen).toHaveBeenCalledTimes(before);
    turn(true);
    turn(false);
    await vi.advanceTimersByTimeAsync(0);
    expect(listen.mock.calls.length).toBeGreaterThan(before);
    model.dispose();
    spy.mockRestore();
    vi.useRealTimers();
  });
});
