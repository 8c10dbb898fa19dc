import { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { addIcon, ReactWidget, refreshIcon, UseSignal } from '@jupyterlab/ui-components';
import { Message } from '@lumino/messaging';
import { ISignal, Signal } from '@lumino/signaling';
import * as React from 'react';
import { IJob, Kind, KINDS } from './api';
import { openIcon, workbenchIcon } from './icons';
import { ItemOf, WorkbenchModel } from './model';
import { Sidebar } from './sidebar';

/** What the side bar asks of the commands. */
export interface IActions {
  open: (target: ItemOf) => void;
  openApp: (page?: string) => void;
  importFile: () => void;
  compare: () => void;
  cancel: (job: IJob) => void;
  create: () => void;
  choose: (folder: string) => void;
  rename: () => void;
  drag: (targets: ItemOf[], x: number, y: number) => void;
}

/** The side bar as a widget of Lab's left area; knows which rows are chosen. */
export class WorkbenchPanel extends ReactWidget {
  constructor(
    readonly model: WorkbenchModel,
    readonly actions: IActions,
    translator: ITranslator
  ) {
    super();
    this._trans = translator.load('workbench');
    this.id = 'workbench-sidebar';
    this.title.icon = workbenchIcon;
    this.title.caption = this._trans.__('Workbench: data sets, runs, bundles, endpoints and jobs');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'Workbench');
    this.addClass('wb-Panel');
  }

  /** The chosen rows, in the order of the list. */
  get selection(): readonly ItemOf[] {
    return this._selection;
  }

  set selection(targets: readonly ItemOf[]) {
    this._selection = targets;
    this._selected.emit();
  }

  get selected(): ISignal<this, void> {
    return this._selected;
  }

  /** Which lists are closed; kept by whoever restores the layout. */
  get closed(): readonly Kind[] {
    return KINDS.filter(kind => this._closed.has(kind));
  }

  set closed(kinds: readonly Kind[]) {
    this._closed = new Set(kinds);
    this._toggled.emit();
    this.update();
  }

  get toggled(): ISignal<this, void> {
    return this._toggled;
  }

  /** Open a list and bring it into view. */
  reveal(kind: Kind): void {
    this.closed = this.closed.filter(one => one !== kind);
    window.requestAnimationFrame(() => {
      this.node.querySelector(`section[data-kind="${kind}"]`)?.scrollIntoView({ block: 'nearest' });
    });
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.model.watched = true;
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.model.watched = false;
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this.model.watched = this.isVisible;
  }

  protected render(): React.ReactElement {
    return (
      <UseSignal signal={this.model.changed}>
        {() => (
          <>
            <Header model={this.model} trans={this._trans} actions={this.actions} />
            <Sidebar panel={this} trans={this._trans} filter={this._filter} />
          </>
        )}
      </UseSignal>
    );
  }

  /** Called by the search box with what is typed. */
  readonly search = (text: string): void => {
    this._filter = text;
    this.update();
  };

  private _filter = '';
  private _closed = new Set<Kind>();
  private _selection: readonly ItemOf[] = [];
  private readonly _trans: TranslationBundle;
  private readonly _selected = new Signal<this, void>(this);
  private readonly _toggled = new Signal<this, void>(this);
}

function Header(props: {
  model: WorkbenchModel;
  trans: TranslationBundle;
  actions: IActions;
}): React.ReactElement {
  const { model, trans, actions } = props;
  const name = model.workspace?.name;
  return (
    <header className="wb-Header">
      <h2 title={model.workspace?.folder}>{name ? name : 'Workbench'}</h2>
      {name && (
        <>
          <Tool icon={addIcon} label={trans.__('Import a file')} press={actions.importFile} />
          <Tool icon={openIcon} label={trans.__('Open the app in a tab')} press={() => actions.openApp()} />
        </>
      )}
      <Tool icon={refreshIcon} label={trans.__('Refresh')} press={() => void model.refresh()} />
    </header>
  );
}

/** A small button with an icon; its label is read out and shown on hover. */
export function Tool(props: {
  icon: typeof addIcon;
  label: string;
  press: () => void;
}): React.ReactElement {
  return (
    <button
      type="button"
      className="wb-Icon"
      title={props.label}
      aria-label={props.label}
      onClick={props.press}
    >
      <props.icon.react tag="span" width="16px" height="16px" />
    </button>
  );
}

