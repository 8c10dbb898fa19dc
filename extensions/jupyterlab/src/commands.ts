import type { JupyterFrontEnd } from '@jupyterlab/application';
import {
  Clipboard,
  IThemeManager,
  InputDialog,
  WidgetTracker
} from '@jupyterlab/apputils';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import { explained, ILink, Kind } from './api';
import { Address, AppView } from './appview';
import { complain } from './dialogs';
import { jobTitle } from './format';
import { compareIcon, openIcon, sendIcon, trainIcon, workbenchIcon } from './icons';
import { importFile, localPath, openBundle, pickFile, sendFrame, TABLES } from './importing';
import { codeFor, insertCell } from './insert';
import { ACTIVE, ItemOf, WorkbenchModel } from './model';
import type { WorkbenchPanel } from './panel';

export const CommandIDs = {
  app: 'workbench:open-app',
  show: 'workbench:show-sidebar',
  refresh: 'workbench:refresh',
  open: 'workbench:open',
  insert: 'workbench:insert-cell',
  copy: 'workbench:copy-code',
  rename: 'workbench:rename',
  compare: 'workbench:compare',
  train: 'workbench:train',
  promote: 'workbench:promote',
  exportRun: 'workbench:export',
  serve: 'workbench:serve',
  stop: 'workbench:stop-endpoint',
  restart: 'workbench:restart-endpoint',
  address: 'workbench:copy-address',
  cancel: 'workbench:cancel-job',
  importFile: 'workbench:import-file',
  openBundle: 'workbench:open-bundle',
  send: 'workbench:send-dataframe',
  create: 'workbench:create-workspace'
} as const;

export interface IHolders {
  app: JupyterFrontEnd;
  model: WorkbenchModel;
  panel: WorkbenchPanel;
  views: WidgetTracker<AppView>;
  trans: TranslationBundle;
  files: IDefaultFileBrowser | null;
  notebooks: INotebookTracker | null;
  themes: IThemeManager | null;
  /** Keep the choice of a workspace as a setting. */
  keep: (folder: string) => Promise<void>;
}

/** Whether Lab is dark at the moment. */
export function isDark(themes: IThemeManager | null): boolean {
  return !!themes?.theme && !themes.isLight(themes.theme);
}

/** Where in the app a thing can be looked at. */
export function linkOf(target: ItemOf): Address {
  switch (target.kind) {
    case 'datasets':
      return { page: 'data', data: target.item.ref };
    case 'runs':
      return { page: 'compare', runs: target.item.id };
    case 'bundles':
      return { page: 'export', run: target.item.run };
    case 'endpoints':
      return { page: 'serve', endpoint: target.item.name };
    case 'jobs': {
      const [link] = target.item.links as (ILink | undefined)[];
      return link ? { page: link.page, ...link.about } : { page: 'jobs', job: target.item.id };
    }
  }
}

function iconOf(address: Address): LabIcon {
  return { train: trainIcon, compare: compareIcon }[address.page] ?? workbenchIcon;
}

/** All commands of the side bar, the menus and the palette. */
export class Commands {
  constructor(readonly held: IHolders) {
    this._commands = held.app.commands;
    held.notebooks?.currentChanged.connect(() => this._commands.notifyCommandChanged());
    this._addApp();
    this._addChosen();
    this._addRuns();
    this._addServing();
    this._addFiles();
  }

  /** Show a page of the app, in a tab that shows that page already if there is one. */
  openApp(address: Address): AppView {
    const { app, views, trans, themes } = this.held;
    const tabs: AppView[] = [];
    views.forEach(view => tabs.push(view));
    let view = tabs.find(tab => !address.page || tab.address.page === address.page);
    if (!view) {
      view = new AppView(app.serviceManager.serverSettings, address, isDark(themes), trans);
      view.walked.connect(tab => void views.save(tab));
      void views.add(view);
      app.shell.add(view, 'main');
    } else if (Object.keys(address).length > 0) {
      view.go(address);
    }
    app.shell.activateById(view.id);
    return view;
  }

  private _addApp(): void {
    const { app, model, panel, trans } = this.held;
    this._add(CommandIDs.app, {
      label: args => (typeof args.label === 'string' ? args.label : trans.__('Open Workbench')),
      caption: args =>
        typeof args.caption === 'string' ? args.caption : trans.__('Open the app in a tab'),
      icon: args => (args.isPalette ? undefined : iconOf((args.address ?? {}) as Address)),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            address: {
              type: 'object',
              description: trans.__('The page and what it is about, such as page and run'),
              additionalProperties: { type: 'string' }
            }
          }
        }
      },
      execute: args => this.openApp((args.address ?? {}) as Address)
    });
    this._add(CommandIDs.show, {
      label: trans.__('Show the Workbench Side Bar'),
      describedBy: {
        args: { type: 'object', properties: { list: { type: 'string' } } }
      },
      execute: args => {
        app.shell.activateById(panel.id);
        if (typeof args.list === 'string') {
          panel.reveal(args.list as Kind);
        }
      }
    });
    this._add(CommandIDs.refresh, {
      label: trans.__('Refresh Workbench'),
      execute: () => model.refresh()
    });
    this._add(CommandIDs.create, {
      label: trans.__('Make a Workspace…'),
      caption: trans.__('Make a workspace in a folder'),
      execute: () => this._create()
    });
  }

  private _addChosen(): void {
    const { model, notebooks, trans } = this.held;
    this._add(CommandIDs.open, {
      label: trans.__('Open in App'),
      icon: openIcon,
      isEnabled: () => this._chosen().length > 0,
      execute: () => this.openApp(linkOf(this._chosen()[0]))
    });
    this._add(CommandIDs.insert, {
      label: trans.__('Insert Cell'),
      caption: trans.__('Insert a cell that takes it from the workspace'),
      isEnabled: () => this._chosen().length > 0 && !!notebooks?.currentWidget,
      execute: () => {
        const notebook = notebooks?.currentWidget;
        if (notebook) {
          insertCell(notebook, codeFor(this._chosen(), model, notebook));
          this.held.app.shell.activateById(notebook.id);
        }
      }
    });
    this._add(CommandIDs.copy, {
      label: trans.__('Copy Code'),
      isEnabled: () => this._chosen().length > 0,
      execute: () => {
        const notebook = notebooks?.currentWidget ?? null;
        Clipboard.copyToSystem(codeFor(this._chosen(), model, notebook));
      }
    });
    this._add(CommandIDs.cancel, {
      label: trans.__('Cancel Job'),
      isEnabled: () => this._all('jobs').some(job => ACTIVE.has(job.state)),
      execute: () =>
        this._try(trans.__('The job cannot be cancelled'), async () => {
          const active = this._all('jobs').filter(job => ACTIVE.has(job.state));
          await Promise.all(active.map(job => model.api.cancel(job.id)));
          await model.reload('jobs');
        })
    });
  }

  private _addRuns(): void {
    const { trans } = this.held;
    this._add(CommandIDs.rename, {
      label: trans.__('Rename…'),
      isEnabled: () => this._all('runs').length === 1,
      execute: () => this._rename()
    });
    this._add(CommandIDs.compare, {
      label: () => trans.__('Compare Selected'),
      isEnabled: () => this._all('runs').length > 1,
      isVisible: () => this._all('runs').length > 1,
      execute: () => {
        const runs = this._all('runs').map(run => run.id);
        return this.openApp({ page: 'compare', runs: runs.join(',') });
      }
    });
    this._add(CommandIDs.train, {
      label: trans.__('Train Models…'),
      isEnabled: () => this._all('datasets').length === 1,
      execute: () => this.openApp({ page: 'train', data: this._all('datasets')[0].ref })
    });
    this._add(CommandIDs.promote, {
      label: trans.__('Make Champion'),
      isEnabled: () => this._onlyDone() && !this._all('runs')[0].aliases.includes('champion'),
      execute: () => this._submit('promote', { run: this._all('runs')[0].id, alias: 'champion' })
    });
    this._add(CommandIDs.exportRun, {
      label: trans.__('Export as Bundle'),
      isEnabled: () => this._onlyDone(),
      execute: () => this._submit('export', { run: this._all('runs')[0].id })
    });
  }

  private _addServing(): void {
    const { model, trans } = this.held;
    this._add(CommandIDs.serve, {
      label: trans.__('Serve'),
      isEnabled: () => this._all('bundles').length === 1,
      execute: () => this._submit('serve', { bundle: this._all('bundles')[0].path })
    });
    const alive = (): boolean =>
      this._all('endpoints').some(one => one.state === 'ready' || one.state === 'starting');
    const word = (verb: 'stop' | 'restart') => (): Promise<boolean> =>
      this._try(trans.__('The endpoint did not do so'), async () => {
        await Promise.all(this._all('endpoints').map(one => model.api.endpoint(one.name, verb)));
        await model.reload('endpoints');
      });
    this._add(CommandIDs.stop, {
      label: trans.__('Stop'),
      isEnabled: alive,
      execute: word('stop')
    });
    this._add(CommandIDs.restart, {
      label: () => (alive() ? trans.__('Restart') : trans.__('Start')),
      isEnabled: () => this._all('endpoints').length > 0,
      execute: word('restart')
    });
    this._add(CommandIDs.address, {
      label: trans.__('Copy Address'),
      isEnabled: () => this._all('endpoints').length === 1,
      execute: () => Clipboard.copyToSystem(this._all('endpoints')[0].url)
    });
  }

  private _addFiles(): void {
    const { notebooks, trans } = this.held;
    this._add(CommandIDs.importFile, {
      label: args => (args.isMenu ? trans.__('Import into Workbench…') : trans.__('Import a File into Workbench…')),
      icon: args => (args.isMenu ? workbenchIcon : undefined),
      describedBy: {
        args: { type: 'object', properties: { path: { type: 'string' } } }
      },
      isVisible: args => !args.isMenu || TABLES.test(this._file()?.path ?? ''),
      execute: async args => {
        const given = typeof args.path === 'string' ? args.path : undefined;
        const path = given ?? (args.isMenu ? this._file()?.path : await pickFile(this.held));
        if (path) {
          const title = trans.__('%1 cannot be imported', path.split('/').pop() ?? path);
          await this._try(title, () => importFile(this.held, path));
        }
      }
    });
    this._add(CommandIDs.openBundle, {
      label: trans.__('Open Bundle'),
      icon: args => (args.isMenu ? workbenchIcon : undefined),
      describedBy: {
        args: { type: 'object', properties: { path: { type: 'string' } } }
      },
      isVisible: args => !args.isMenu || this._isBundle(),
      execute: async args => {
        const path = typeof args.path === 'string' ? args.path : this._file()?.path;
        if (path !== undefined) {
          await this._try(trans.__('This bundle cannot be opened'), async () => {
            const run = await openBundle(this.held, path);
            if (run !== null) {
              this.openApp({ page: 'export', run });
            }
          });
        }
      }
    });
    this._add(CommandIDs.send, {
      label: trans.__('Send DataFrame…'),
      caption: trans.__('Send a DataFrame of this kernel to Workbench'),
      icon: sendIcon,
      isEnabled: () => !!notebooks?.currentWidget,
      execute: () => this._try(trans.__('No DataFrame was sent'), () => sendFrame(this.held))
    });
  }

  private async _create(): Promise<void> {
    const { keep, model, trans } = this.held;
    const result = await InputDialog.getText({
      title: trans.__('Make a workspace'),
      label: trans.__(
        'Folder below Jupyter’s; it will hold data sets, runs and jobs. Empty: Jupyter’s own folder.'
      ),
      text: 'workbench',
      okLabel: trans.__('Make')
    });
    if (result.button.accept) {
      await this._try(trans.__('The workspace cannot be made'), async () =>
        keep(await model.create(result.value ?? ''))
      );
    }
  }

  private async _rename(): Promise<void> {
    const { model, trans } = this.held;
    const [run] = this._all('runs') as (ItemOf<'runs'>['item'] | undefined)[];
    if (!run) {
      return;
    }
    const result = await InputDialog.getText({
      title: trans.__('Rename the run'),
      text: run.title,
      okLabel: trans.__('Rename')
    });
    const name = result.value?.trim();
    if (!result.button.accept || !name || name === run.title) {
      return;
    }
    model.patchRun(run.id, { title: name });
    if (!(await this._submit('rename', { run: run.id, name }))) {
      model.patchRun(run.id, { title: run.title });
    }
  }

  /** Begin a job; whether it was begun. */
  private async _submit(action: string, params: Record<string, string>): Promise<boolean> {
    const { model, trans } = this.held;
    const title = jobTitle({ action, subject: '' }, trans);
    return this._try(trans.__('%1: it cannot be begun', title), async () => {
      await model.api.submit(action, params);
      await model.reload('jobs');
    });
  }

  /** What the user does may fail; he is told in a sentence. Whether it went well. */
  private async _try(title: string, act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (reason) {
      await complain(title, explained(reason));
      return false;
    }
  }

  private _chosen(): readonly ItemOf[] {
    return this.held.panel.selection;
  }

  private _all<K extends Kind>(kind: K): ItemOf<K>['item'][] {
    return this._chosen()
      .filter((target): target is ItemOf<K> & ItemOf => target.kind === kind)
      .map(target => target.item);
  }

  private _onlyDone(): boolean {
    const runs = this._all('runs');
    return runs.length === 1 && runs[0].state === 'done';
  }

  private _file(): Contents.IModel | undefined {
    return this.held.files?.selectedItems().next().value as Contents.IModel | undefined;
  }

  private _isBundle(): boolean {
    const file = this._file();
    if (!file) {
      return false;
    }
    const known = this.held.model.shelves.bundles.rows;
    const path = localPath(this.held, file.path);
    return file.name === 'bundle.json' || known.some(one => one.path.endsWith(`/${path}`));
  }

  private _add(id: string, options: CommandRegistry.ICommandOptions): void {
    const none: ReadonlyJSONObject = { type: 'object', properties: {} };
    this._commands.addCommand(id, { describedBy: { args: none }, ...options });
  }

  private readonly _commands: CommandRegistry;
}
