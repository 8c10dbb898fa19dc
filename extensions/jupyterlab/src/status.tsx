import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { IJob } from './api';
import { jobTitle } from './format';
import { workbenchIcon } from './icons';
import { ACTIVE, WorkbenchModel } from './model';

export interface IProgress {
  active: number;
  fraction: number;
  label: string;
}

/** All active jobs as the one line that the status bar has room for. */
export function progressOf(jobs: readonly IJob[], trans: TranslationBundle): IProgress {
  const active = jobs.filter(job => ACTIVE.has(job.state));
  const fraction = active.reduce((sum, job) => sum + job.fraction, 0) / (active.length || 1);
  const what =
    active.length === 1
      ? jobTitle(active[0], trans)
      : trans._n('%1 job', '%1 jobs', active.length);
  return { active: active.length, fraction, label: `${what} ${Math.round(100 * fraction)}%` };
}

/** The jobs in the status bar; a press shows them in the side bar. */
export class JobStatus extends ReactWidget {
  constructor(
    readonly model: WorkbenchModel,
    readonly trans: TranslationBundle,
    readonly press: () => void
  ) {
    super();
    this.addClass('wb-Status');
  }

  protected render(): React.ReactElement {
    return <UseSignal signal={this.model.changed}>{() => this._line()}</UseSignal>;
  }

  private _line(): React.ReactElement {
    const { active, fraction, label } = progressOf(this.model.shelves.jobs.rows, this.trans);
    if (active === 0) {
      return <></>;
    }
    return (
      <button
        type="button"
        className="wb-Status-line"
        title={this.trans.__('Show the jobs of Workbench')}
        onClick={this.press}
      >
        <workbenchIcon.react tag="span" width="14px" height="14px" />
        <progress max={1} value={fraction} aria-label={label} />
        <span>{label}</span>
      </button>
    );
  }
}
