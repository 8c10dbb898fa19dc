import { PromiseDelegate } from '@lumino/coreutils';
import { IDisposable } from '@lumino/disposable';
import { Debouncer } from '@lumino/polling';
import { ISignal, Signal } from '@lumino/signaling';
import {
  ApiError,
  explained,
  ICourse,
  IJob,
  IShelves,
  IWorkspace,
  Kind,
  KINDS,
  WorkbenchApi
} from './api';

/** One list, and whether it is as the server knows it. */
export interface IShelf<K extends Kind = Kind> {
  rows: readonly IShelves[K][];
  /** Whether it was ever read. */
  known: boolean;
  error: ApiError | null;
}

export type Shelves = { [K in Kind]: IShelf<K> };

export type ItemOf<K extends Kind = Kind> = K extends Kind
  ? { kind: K; key: string; item: IShelves[K] }
  : never;

export const ACTIVE = new Set(['queued', 'running']);
const RETRY = 2_000;
const LONGEST_RETRY = 30_000;

/** What a row is called within its list. */
export function keyOf(kind: Kind, item: IShelves[Kind]): string {
  switch (kind) {
    case 'datasets':
      return (item as IShelves['datasets']).ref;
    case 'bundles':
      return (item as IShelves['bundles']).path;
    case 'endpoints':
      return (item as IShelves['endpoints']).name;
    default:
      return (item as IShelves['runs']).id;
  }
}

/** Jobs that have ended between two looks at the list, the first to end first. */
export function ended(before: readonly IJob[], after: readonly IJob[], since: string): IJob[] {
  const known = new Map(before.map(job => [job.id, job]));
  const fresh = after.filter(job => {
    const earlier = known.get(job.id);
    const begun = earlier ? ACTIVE.has(earlier.state) : (job.created ?? '') > since;
    return begun && !ACTIVE.has(job.state);
  });
  return fresh.sort((a, b) => (a.ended ?? '').localeCompare(b.ended ?? ''));
}

/** What the side bar, the status bar and the commands share: the lists as the server knows them. */
export class WorkbenchModel implements IDisposable {
  constructor(readonly api: WorkbenchApi) {}

  get workspace(): IWorkspace | null {
    return this._workspace;
  }

  /** Why there is nothing to show, if so. */
  get error(): ApiError | null {
    return this._error;
  }

  get shelves(): Readonly<Shelves> {
    return this._shelves;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get jobEnded(): ISignal<this, IJob> {
    return this._jobEnded;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Resolves when the workspace was asked for the first time, whatever came of it. */
  get ready(): Promise<void> {
    return this._ready.promise;
  }

  /** The course of a run's fit, if it was asked for and has come. */
  course(run: string): ICourse | undefined {
    return this._courses.get(run);
  }

  /** Seconds between two looks where no events come from (a remote store). */
  set interval(seconds: number) {
    this._interval = 1000 * seconds;
    this._arm();
  }

  /** Emits when Jupyter has come back after a restart. */
  get restarted(): ISignal<this, void> {
    return this._restarted;
  }

  /** The folder of the settings; empty for the nearest workspace. */
  async choose(folder: string): Promise<void> {
    this._wish = folder;
    if (folder === this._asking || folder === (this._workspace?.chosen ?? '')) {
      return;
    }
    this._asking = folder;
    this._heeding = '';
    await this._settle(this.api.choose(folder));
    this._asking = null;
  }

  /** Make a workspace and show it; what the settings have to keep to show it again. */
  async create(folder: string): Promise<string> {
    const made = await this.api.create(folder);
    this._wish = made.nearest ? '' : made.chosen;
    await this._settle(Promise.resolve(made));
    return this._wish;
  }

  /** Begin to look. Jobs are read at once, for the status bar; the rest when somebody sees it. */
  start(): void {
    document.addEventListener('visibilitychange', this._turned);
    void this._follow();
    this._arm();
  }

  /** Whether the side bar can be seen: only then the long lists are read. */
  set watched(watched: boolean) {
    const first = watched && !this._watched;
    this._watched = watched;
    if (first) {
      this._refreshStale();
    }
  }

  /** Read all lists once before anybody looks, so that the side bar opens with them. */
  async ahead(): Promise<void> {
    await this.ready;
    [...this._stale].forEach(kind => void this.reload(kind));
  }

  /** Read the workspace and what is looked at again. */
  async refresh(): Promise<void> {
    KINDS.forEach(kind => this._stale.add(kind));
    await this._settle(this._current());
  }

  /** Read one list again. */
  async reload(kind: Kind): Promise<void> {
    if (!this._workspace?.name) {
      return;
    }
    this._stale.delete(kind);
    if (this._reading.has(kind)) {
      this._stale.add(kind);
      return;
    }
    this._reading.add(kind);
    const { folder } = this._workspace;
    try {
      const rows = await this.api.list(kind);
      if (folder === this._workspace.folder) {
        this._put(kind, rows);
      } else {
        this._stale.add(kind); // they are the rows of the workspace before
      }
    } catch (reason) {
      this._shelves = {
        ...this._shelves,
        [kind]: { ...this._shelves[kind], known: true, error: explained(reason) }
      };
    } finally {
      this._reading.delete(kind);
      this._changed.emit();
    }
    this._refreshStale();
  }

  /** Ask for the sparklines of runs that are in view. */
  wantCourses(runs: readonly { id: string; state: string }[]): void {
    for (const run of runs) {
      if (run.state !== 'running' && !this._courses.has(run.id)) {
        this._wanted.add(run.id);
      }
    }
    if (this._wanted.size > 0) {
      void this._drawing.invoke();
    }
  }

  /** Show a change at once that a job is still carrying out. */
  patchRun(id: string, change: Partial<IShelves['runs']>): void {
    const rows = this._shelves.runs.rows.map(run => (run.id === id ? { ...run, ...change } : run));
    this._shelves = { ...this._shelves, runs: { ...this._shelves.runs, rows } };
    this._changed.emit();
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._listening?.abort();
      document.removeEventListener('visibilitychange', this._turned);
      window.clearInterval(this._timer);
      this._drawing.dispose();
      Signal.clearData(this);
    }
  }

  private readonly _turned = (): void => {
    if (document.hidden) {
      this._listening?.abort();
    }
  };

  private _put(kind: Kind, rows: IShelves[Kind][]): void {
    const before = this._shelves[kind];
    this._shelves = { ...this._shelves, [kind]: { rows, known: true, error: null } };
    if (kind === 'jobs') {
      const jobs = rows as IJob[];
      // what ended before the first look at this workspace is no news; all times are the server's
      const done = this._since === null ? [] : ended(before.rows as IJob[], jobs, this._since);
      this._since = jobs.reduce((last, job) => maximum(last, job.created ?? ''), this._since ?? '');
      if (done.some(job => job.action === 'rename' && job.state !== 'done')) {
        this._stale.add('runs'); // the new name was shown before the job had ended
      }
      done.forEach(job => this._jobEnded.emit(job));
    }
  }

  private async _settle(asked: Promise<IWorkspace>): Promise<void> {
    let restarted = false;
    try {
      const found = await asked;
      restarted = this._workspace !== null && found.server !== this._workspace.server;
      if (found.chosen === this._wish) {
        this._heeding = found.server;
      }
      if (found.folder !== this._workspace?.folder) {
        this._shelves = nothing();
        this._courses.clear();
        this._since = null;
        KINDS.forEach(kind => this._stale.add(kind));
      }
      this._workspace = found;
      this._error = found.name ? null : new ApiError(404, found.message ?? '', found.hint);
    } catch (reason) {
      this._error = explained(reason);
    }
    this._ready.resolve();
    this._changed.emit();
    if (restarted) {
      this._restarted.emit();
    }
    this._refreshStale();
  }

  /** What is shown, after a server that does not know the choice was told it: it was started anew. */
  private async _current(): Promise<IWorkspace> {
    const found = await this.api.workspace();
    const heeds = found.server === this._heeding || found.chosen === this._wish;
    return this._wish === '' || heeds ? found : this.api.choose(this._wish);
  }

  private _refreshStale(): void {
    for (const kind of [...this._stale]) {
      if (this._watched || kind === 'jobs') {
        void this.reload(kind);
      }
    }
  }

  private _heard(kinds: readonly string[]): void {
    if (kinds.includes('workspace')) {
      void this.refresh();
      return;
    }
    for (const kind of KINDS.filter(one => kinds.includes(one))) {
      this._stale.add(kind);
    }
    this._refreshStale();
  }

  /** Listen to the server, again and again. */
  private async _follow(): Promise<void> {
    let wait = RETRY;
    while (!this._isDisposed) {
      // a browser opens few connections to a server: a page that nobody sees must hold none
      await seen();
      await this.refresh();
      if (document.hidden) {
        continue;
      }
      const { signal } = (this._listening = new AbortController());
      const begun = Date.now();
      try {
        await this.api.listen(kinds => this._heard(kinds), signal);
      } catch (reason) {
        if (reason instanceof ApiError && !signal.aborted) {
          this._error = reason;
          this._changed.emit();
        }
      }
      if (signal.aborted) {
        wait = RETRY; // we hung up ourselves, which says nothing about the server
        continue;
      }
      wait = Date.now() - begun > LONGEST_RETRY ? RETRY : Math.min(1.5 * wait, LONGEST_RETRY);
      await pause(wait);
    }
  }

  private _arm(): void {
    window.clearInterval(this._timer);
    this._timer = window.setInterval(() => {
      if (document.hidden) {
        void this.reload('jobs'); // somebody waits for the word that one has ended
      } else if (this._error !== null || this._workspace?.store) {
        void this.refresh();
      }
    }, this._interval);
  }

  private async _draw(): Promise<void> {
    const runs = [...this._wanted].slice(0, AT_ONCE);
    runs.forEach(run => this._wanted.delete(run));
    try {
      for (const [run, course] of Object.entries(await this.api.courses(runs))) {
        this._courses.set(run, course);
      }
    } catch {
      return; // a list without sparklines is still a list; the next scroll asks again
    }
    this._changed.emit();
    if (this._wanted.size > 0) {
      void this._drawing.invoke();
    }
  }

  private _workspace: IWorkspace | null = null;
  private _error: ApiError | null = null;
  private _shelves: Shelves = nothing();
  private _wish = '';
  private _asking: string | null = null;
  private _heeding = ''; // the server that was told the wish
  private _watched = false;
  private _since: string | null = null;
  private _interval = 15_000;
  private _timer = 0;
  private _isDisposed = false;
  private _listening?: AbortController;
  private readonly _stale = new Set<Kind>();
  private readonly _reading = new Set<Kind>();
  private readonly _wanted = new Set<string>();
  private readonly _courses = new Map<string, ICourse>();
  private readonly _ready = new PromiseDelegate<void>();
  private readonly _drawing = new Debouncer(() => this._draw(), 60);
  private readonly _changed = new Signal<this, void>(this);
  private readonly _restarted = new Signal<this, void>(this);
  private readonly _jobEnded = new Signal<this, IJob>(this);
}

const AT_ONCE = 100;

/** Resolves when the page can be seen. */
function seen(): Promise<void> {
  if (!document.hidden) {
    return Promise.resolve();
  }
  return new Promise(resolve => {
    document.addEventListener('visibilitychange', () => resolve(), { once: true });
  });
}

/** Wait; but not longer than until somebody comes back to the page. */
function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      window.clearTimeout(timer);
      document.removeEventListener('visibilitychange', back);
      resolve();
    };
    const back = (): void => {
      if (!document.hidden) {
        done();
      }
    };
    const timer = window.setTimeout(done, milliseconds);
    document.addEventListener('visibilitychange', back);
  });
}

function nothing(): Shelves {
  const empty = { rows: [], known: false, error: null };
  return { datasets: empty, runs: empty, bundles: empty, endpoints: empty, jobs: empty };
}

function maximum(one: string, other: string): string {
  return one > other ? one : other;
}
