import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Kind } from './api';
import type { WorkbenchPanel } from './panel';

interface IStep {
  label: string;
  press: () => void;
}

/** A sentence, what can be done, and a button that does it. */
function Note(props: {
  sentence: string;
  hint?: string;
  bad?: boolean;
  steps?: IStep[];
}): React.ReactElement {
  return (
    <div className="wb-Note" role={props.bad ? 'alert' : 'note'}>
      <p className={props.bad ? 'wb-Bad' : undefined}>{props.sentence}</p>
      {props.hint && <p className="wb-Quiet">{props.hint}</p>}
      {props.steps?.map(step => (
        <button key={step.label} type="button" className="wb-Small" onClick={step.press}>
          {step.label}
        </button>
      ))}
    </div>
  );
}

/** Why there is nothing to show at all, and the ways out. */
export function Trouble(props: {
  panel: WorkbenchPanel;
  trans: TranslationBundle;
  small?: boolean;
}): React.ReactElement {
  const { panel, trans } = props;
  const { model, actions } = panel;
  if (model.error === null) {
    return <div className="wb-Note wb-Quiet">{trans.__('Looking for the workspace…')}</div>;
  }
  const steps: IStep[] = [];
  if (model.workspace && !model.workspace.name) {
    for (const folder of model.workspace.offers) {
      steps.push({ label: trans.__('Open %1', folder), press: () => actions.choose(folder) });
    }
    steps.push({ label: trans.__('Make a workspace here'), press: actions.create });
  } else {
    steps.push({ label: trans.__('Try again'), press: () => void model.refresh() });
  }
  const missing = model.workspace !== null && !model.workspace.name;
  return (
    <Note sentence={model.error.message} hint={model.error.hint} bad={!missing} steps={steps} />
  );
}

/** What an empty list says: what would be here, and the next step. */
export function Nothing(props: {
  kind: Kind;
  panel: WorkbenchPanel;
  trans: TranslationBundle;
  filter: string;
}): React.ReactElement {
  const { kind, panel, trans, filter } = props;
  const { model, actions } = panel;
  const shelf = model.shelves[kind];
  if (shelf.error) {
    const retry = { label: trans.__('Try again'), press: () => void model.reload(kind) };
    return <Note sentence={shelf.error.message} hint={shelf.error.hint} bad steps={[retry]} />;
  }
  if (!shelf.known) {
    return <div className="wb-Waiting" aria-label={trans.__('Loading')} />;
  }
  if (filter && shelf.rows.length > 0) {
    return <Note sentence={trans.__('Nothing here holds “%1”.', filter)} />;
  }
  switch (kind) {
    case 'datasets':
      return (
        <Note
          sentence={trans.__('No data set yet.')}
          hint={trans.__(
            'Right-click a CSV, Parquet or Excel file in the file browser, or send a DataFrame from a notebook.'
          )}
          steps={[{ label: trans.__('Import a file'), press: actions.importFile }]}
        />
      );
    case 'runs':
      return (
        <Note
          sentence={trans.__('No run yet.')}
          hint={trans.__('A run is one model, trained and judged on a data set.')}
          steps={[{ label: trans.__('Train models'), press: () => actions.openApp('train') }]}
        />
      );
    case 'bundles':
      return (
        <Note
          sentence={trans.__('No bundle yet.')}
          hint={trans.__('A bundle is a model as a folder. Right-click a run and export it.')}
        />
      );
    case 'endpoints':
      return (
        <Note
          sentence={trans.__('Nothing is served.')}
          hint={trans.__('An endpoint answers over HTTP. Right-click a bundle and serve it.')}
        />
      );
    case 'jobs':
      return (
        <Note
          sentence={trans.__('No job yet.')}
          hint={trans.__('Imports, trainings and exports show their progress here.')}
        />
      );
  }
}
