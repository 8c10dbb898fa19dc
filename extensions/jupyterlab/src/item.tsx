import { closeIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { IBundle, ICourse, IDataset, IEndpoint, IJob, IRun } from './api';
import { ago, count, jobTitle, score } from './format';
import { ACTIVE, ItemOf } from './model';
import { Sparkline } from './sparkline';

/** What a row shows: a name and a value, and below them what it is about. */
interface ILines {
  tone: string;
  name: React.ReactNode;
  value?: React.ReactNode;
  about: React.ReactNode;
  aside?: React.ReactNode;
  told: string;
}

export interface IItemProps {
  target: ItemOf;
  trans: TranslationBundle;
  course: ICourse | undefined;
  cancel: (job: IJob) => void;
}

/** The inside of one row. */
export function Item(props: IItemProps): React.ReactElement {
  const lines = linesOf(props);
  return (
    <>
      <span className="wb-Dot" data-tone={lines.tone} aria-hidden="true" />
      <span className="wb-Row-lines">
        <span className="wb-Row-line" title={lines.told}>
          <span className="wb-Row-name">{lines.name}</span>
          {lines.value && <span className="wb-Row-value">{lines.value}</span>}
        </span>
        <span className="wb-Row-line wb-Row-second" title={lines.told}>
          <span className="wb-Row-about">{lines.about}</span>
          {lines.aside}
        </span>
      </span>
    </>
  );
}

function linesOf(props: IItemProps): ILines {
  const { target, trans } = props;
  switch (target.kind) {
    case 'datasets':
      return datasetLines(target.item, trans);
    case 'runs':
      return runLines(target.item, props.course, trans);
    case 'bundles':
      return bundleLines(target.item, trans);
    case 'endpoints':
      return endpointLines(target.item, trans);
    case 'jobs':
      return jobLines(target.item, props.cancel, trans);
  }
}

function datasetLines(data: IDataset, trans: TranslationBundle): ILines {
  const [name, version] = data.ref.split('@');
  const size = trans.__('%1 rows · %2 columns', count(data.rows), count(data.columns));
  return {
    tone: 'data',
    name: (
      <>
        {name}
        <span className="wb-Quiet">@{version}</span>
      </>
    ),
    value: data.target && <span className="wb-Quiet">→ {data.target}</span>,
    about: size,
    told: [data.title, size, data.target && trans.__('predicts %1', data.target)]
      .filter(Boolean)
      .join('\n')
  };
}

function runLines(run: IRun, course: ICourse | undefined, trans: TranslationBundle): ILines {
  const bad = run.state === 'failed' || run.state === 'cancelled';
  const states: Record<string, string> = {
    running: trans.__('running'),
    failed: trans.__('failed'),
    cancelled: trans.__('cancelled')
  };
  const metrics = run.metrics.map(([name, value]) => `${name} ${score(value)}`);
  return {
    tone: { done: 'good', running: 'busy', failed: 'bad', cancelled: 'off' }[run.state],
    name: (
      <>
        {run.aliases.includes('champion') && (
          <span className="wb-Star" role="img" aria-label={trans.__('champion')}>
            ★{' '}
          </span>
        )}
        {run.title}
      </>
    ),
    value:
      run.value === null ? (
        <span className={bad ? 'wb-Bad' : 'wb-Quiet'}>{states[run.state] ?? ''}</span>
      ) : (
        <>
          <span className="wb-Quiet">{run.metric}</span> {score(run.value)}
        </>
      ),
    about:
      bad && run.reason ? (
        run.reason
      ) : (
        <>
          {run.aliases
            .filter(alias => alias !== 'champion')
            .map(alias => (
              <span key={alias} className="wb-Chip">
                {alias}
              </span>
            ))}
          {`${run.dataset} · ${ago(run.started, trans)}`}
        </>
      ),
    aside: <Sparkline course={course} />,
    told: [`${run.title} (${run.id.slice(0, 8)})`, run.aliases.join(', '), run.dataset, run.reason, ...metrics]
      .filter(Boolean)
      .join('\n')
  };
}

function bundleLines(bundle: IBundle, trans: TranslationBundle): ILines {
  const verdicts = {
    pass: trans.__('answers like its run'),
    warn: trans.__('answers nearly like its run'),
    block: trans.__('does not answer like its run')
  };
  return {
    tone: { pass: 'good', warn: 'warn', block: 'bad' }[bundle.verdict],
    name: bundle.name,
    about: `${bundle.family} · ${bundle.dataset} · ${ago(bundle.created, trans)}`,
    told: `${bundle.name}\n${verdicts[bundle.verdict]}\n${bundle.path}`
  };
}

function endpointLines(endpoint: IEndpoint, trans: TranslationBundle): ILines {
  const states = {
    starting: trans.__('starting'),
    ready: trans.__('ready'),
    stopped: trans.__('stopped'),
    failed: trans.__('failed')
  };
  const tones = { starting: 'busy', ready: 'live', stopped: 'off', failed: 'bad' };
  const alive = endpoint.state === 'ready' || endpoint.state === 'starting';
  return {
    tone: tones[endpoint.state],
    name: endpoint.name,
    value: <span className={endpoint.state === 'failed' ? 'wb-Bad' : 'wb-Quiet'}>{states[endpoint.state]}</span>,
    about: alive
      ? `${endpoint.url.replace(/^https?:\/\//, '')} · ${ago(endpoint.started, trans)}`
      : endpoint.reason || trans.__('It answers no more.'),
    told: [endpoint.name, endpoint.url, endpoint.reason].filter(Boolean).join('\n')
  };
}

function jobLines(job: IJob, cancel: (job: IJob) => void, trans: TranslationBundle): ILines {
  const active = ACTIVE.has(job.state);
  const states: Record<string, string> = {
    queued: trans.__('waiting'),
    done: trans.__('done'),
    failed: trans.__('failed'),
    cancelled: trans.__('cancelled'),
    lost: trans.__('lost')
  };
  const tones: Record<string, string> = { running: 'busy', queued: 'off', done: 'good', cancelled: 'off' };
  const percent = `${Math.round(100 * job.fraction)}%`;
  const title = jobTitle(job, trans);
  return {
    tone: tones[job.state] ?? 'bad',
    name: title,
    value: active ? (
      <button
        type="button"
        className="wb-Icon"
        tabIndex={-1}
        disabled={job.cancelling}
        title={trans.__('Cancel this job')}
        aria-label={trans.__('Cancel %1', title)}
        onClick={event => {
          event.stopPropagation();
          cancel(job);
        }}
      >
        <closeIcon.react tag="span" width="12px" height="12px" />
      </button>
    ) : (
      <span className={tones[job.state] ? 'wb-Quiet' : 'wb-Bad'}>{states[job.state]}</span>
    ),
    about: active ? (
      <>
        <progress max={1} value={job.fraction} aria-label={`${title} ${percent}`} />
        {job.cancelling ? trans.__('stopping') : job.text || states[job.state]}
      </>
    ) : (
      job.error || (job.text !== job.state && job.text) || ago(job.ended ?? job.created, trans)
    ),
    aside: active && <span className="wb-Quiet">{percent}</span>,
    told: [title, job.error || job.text].filter(Boolean).join('\n')
  };
}
