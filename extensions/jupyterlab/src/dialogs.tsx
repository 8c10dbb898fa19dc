import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { ApiError, IBundleContents, IPreview } from './api';
import { count, score } from './format';
import type { IFrameInfo } from './frames';

/** A body of a dialog that has a value. */
class Body<T> extends ReactWidget implements Dialog.IBodyWidget<T> {
  constructor(
    readonly value: T,
    readonly draw: (value: T) => React.ReactElement
  ) {
    super();
    this.addClass('wb-Dialog');
  }

  getValue(): T {
    return this.value;
  }

  protected render(): React.ReactElement {
    return this.draw(this.value);
  }
}

async function asked<T>(
  title: string,
  accept: string,
  value: T,
  draw: (value: T) => React.ReactElement
): Promise<T | null> {
  const result = await showDialog({
    title,
    body: new Body(value, draw),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: accept })],
    focusNodeSelector: 'input, select'
  });
  return result.button.accept ? result.value : null;
}

/** Say what went wrong, and what to do. */
export async function complain(title: string, error: ApiError): Promise<void> {
  const body = new Body(error, () => (
    <>
      <p>{error.message}</p>
      {error.hint && <p className="wb-Quiet">{error.hint}</p>}
    </>
  ));
  await showDialog({ title, body, buttons: [Dialog.okButton({ label: 'OK' })] });
}

function Field(props: {
  label: string;
  told?: string;
  children: React.ReactElement;
}): React.ReactElement {
  return (
    <label className="wb-Field">
      <span>{props.label}</span>
      {props.children}
      {props.told && <span className="wb-Quiet">{props.told}</span>}
    </label>
  );
}

/** A name for a data set made of the name of a file. */
export function nameFrom(path: string): string {
  const file = path.replace(/\/+$/, '').split('/').pop() ?? '';
  const plain = file.replace(/(\.(csv|tsv|txt|parquet|jsonl?|ndjson|arrow|feather|xlsx?|xlsm|xlsb|ods|gz|zip))+$/i, '');
  return plain.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^_+|_+$/g, '') || 'data';
}

export interface IImport {
  name: string;
  target: string;
}

/** How a file would be read, and what it shall be called. */
export function askImport(
  path: string,
  seen: IPreview,
  trans: TranslationBundle
): Promise<IImport | null> {
  const file = path.split('/').pop() ?? path;
  const target = seen.columns.find(column => column.role === 'target')?.name ?? '';
  const value: IImport = { name: nameFrom(path), target };
  return asked(trans.__('Import %1', file), trans.__('Import'), value, value => (
    <>
      <div className="wb-Fields">
        <Naming value={value} trans={trans} />
        <Field label={trans.__('Target')} told={trans.__('The column to predict; it can be chosen later.')}>
          <select
            className="jp-mod-styled"
            defaultValue={value.target}
            onChange={event => (value.target = event.target.value)}
          >
            <option value="">{trans.__('Choose later')}</option>
            {seen.columns.map(column => (
              <option key={column.name}>{column.name}</option>
            ))}
          </select>
        </Field>
      </div>
      <First seen={seen} />
      <p className="wb-Quiet">{seen.sentence}</p>
      {seen.notes.map(note => (
        <p key={note}>{note}</p>
      ))}
    </>
  ));
}

function Naming(props: { value: IImport; trans: TranslationBundle }): React.ReactElement {
  const { value, trans } = props;
  return (
    <Field label={trans.__('Name')} told={trans.__('A known name gets a new version.')}>
      <input
        className="jp-mod-styled"
        defaultValue={value.name}
        spellCheck={false}
        onChange={event => (value.name = event.target.value)}
      />
    </Field>
  );
}

/** The first rows as they stand in the file. */
function First(props: { seen: IPreview }): React.ReactElement {
  const { columns, rows } = props.seen;
  return (
    // who has no mouse must be able to scroll it
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="wb-First" role="region" aria-label="First rows" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(column => (
              <th key={column.name} scope="col">
                {column.name}
                <span className="wb-Quiet">{column.type}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, 5).map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j} data-number={/^(int|double|float)/.test(columns[j]?.type ?? '') || undefined}>
                  {cell ?? ''}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export interface ISend {
  frame: string;
  name: string;
}

/** Which of the kernel's frames, and what it shall be called. */
export function askFrame(
  frames: readonly IFrameInfo[],
  trans: TranslationBundle
): Promise<ISend | null> {
  const first: ISend = { frame: frames[0].name, name: nameFrom(frames[0].name) };
  return asked(trans.__('Send a DataFrame to Workbench'), trans.__('Send'), first, value => (
    <Frames frames={frames} value={value} trans={trans} />
  ));
}

function Frames(props: {
  frames: readonly IFrameInfo[];
  value: ISend;
  trans: TranslationBundle;
}): React.ReactElement {
  const { frames, value, trans } = props;
  const [name, setName] = React.useState(value.name);
  const [own, setOwn] = React.useState(false);
  return (
    <>
      <fieldset className="wb-Frames">
        <legend>{trans.__('Frames in this kernel')}</legend>
        {frames.map(frame => (
          <label key={frame.name}>
            <input
              type="radio"
              name="wb-frame"
              defaultChecked={frame.name === value.frame}
              onChange={() => {
                value.frame = frame.name;
                if (!own) {
                  value.name = nameFrom(frame.name);
                  setName(value.name);
                }
              }}
            />
            <code>{frame.name}</code>
            <span className="wb-Quiet">
              {frame.library} · {trans.__('%1 rows · %2 columns', count(frame.rows), count(frame.columns))}
            </span>
          </label>
        ))}
      </fieldset>
      <Field label={trans.__('Name of the data set')} told={trans.__('A known name gets a new version.')}>
        <input
          className="jp-mod-styled"
          value={name}
          spellCheck={false}
          onChange={event => {
            value.name = event.target.value;
            setName(event.target.value);
            setOwn(true);
          }}
        />
      </Field>
    </>
  );
}

/** What a bundle holds; true to serve it. */
export async function showBundle(
  bundle: IBundleContents,
  trans: TranslationBundle
): Promise<'serve' | 'app' | null> {
  const facts: [string, React.ReactNode][] = [
    [trans.__('Model'), bundle.family],
    [trans.__('Predicts'), `${bundle.target} (${bundle.task})`],
    [trans.__('Trained on'), bundle.dataset],
    [trans.__('Inputs'), bundle.inputs.map(field => field.name).join(', ')],
    [trans.__('On test rows'), bundle.metrics.map(([n, v]) => `${n} ${score(v)}`).join(' · ')],
    [trans.__('Files'), trans.__('%1, each as its hash says', bundle.files)]
  ];
  const body = new Body(bundle, () => (
    <dl className="wb-Facts">
      {facts.map(([name, value]) => (
        <React.Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </React.Fragment>
      ))}
    </dl>
  ));
  const serve = trans.__('Serve it');
  const open = trans.__('Open in the app');
  const result = await showDialog({
    title: bundle.name,
    body,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Close') }),
      Dialog.createButton({ label: open }),
      Dialog.okButton({ label: serve })
    ]
  });
  if (result.button.label === serve) {
    return 'serve';
  }
  return result.button.label === open ? 'app' : null;
}
