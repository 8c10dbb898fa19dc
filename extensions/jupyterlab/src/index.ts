import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  IThemeManager,
  IToolbarWidgetRegistry,
  WidgetTracker
} from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStateDB } from '@jupyterlab/statedb';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator, TranslationBundle } from '@jupyterlab/translation';
import { CommandToolbarButton } from '@jupyterlab/ui-components';
import { Token } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import { Kind, WorkbenchApi } from './api';
import { AppView } from './appview';
import { CommandIDs, Commands, isDark, linkOf } from './commands';
import { drag } from './insert';
import { ACTIVE, ItemOf, WorkbenchModel } from './model';
import { tellEnd } from './notify';
import { IActions, WorkbenchPanel } from './panel';
import { JobStatus } from './status';

const MODEL = '@ml-workbench/jupyterlab:model';
const PANEL = '@ml-workbench/jupyterlab:panel';
const STATUS = '@ml-workbench/jupyterlab:status';
const NOTEBOOK = '@ml-workbench/jupyterlab:notebook';
const CATEGORY = 'Workbench';
const STATE = 'workbench-sidebar:closed';
const CALM = 1000; // milliseconds after the page is there

export const IWorkbench = new Token<WorkbenchModel>(
  '@ml-workbench/jupyterlab:IWorkbench',
  'The data sets, runs, bundles, endpoints and jobs of the workspace.'
);

const model: JupyterFrontEndPlugin<WorkbenchModel> = {
  id: MODEL,
  description: 'What the workspace holds, as the server knows it.',
  autoStart: true,
  optional: [ITranslator],
  provides: IWorkbench,
  activate: (app: JupyterFrontEnd, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load('workbench');
    const shared = new WorkbenchModel(new WorkbenchApi(app.serviceManager.serverSettings, trans));
    void app.restored.then(() => {
      shared.start();
      window.setTimeout(() => void shared.ahead(), CALM);
    });
    return shared;
  }
};

const panel: JupyterFrontEndPlugin<void> = {
  id: PANEL,
  description: 'The side bar, the app in tabs, commands, menus and notifications.',
  autoStart: true,
  requires: [IWorkbench],
  optional: [
    ITranslator,
    ICommandPalette,
    ILauncher,
    ILayoutRestorer,
    ISettingRegistry,
    IThemeManager,
    IDefaultFileBrowser,
    INotebookTracker,
    IStateDB
  ],
  activate: (
    app: JupyterFrontEnd,
    shared: WorkbenchModel,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    registry: ISettingRegistry | null,
    themes: IThemeManager | null,
    files: IDefaultFileBrowser | null,
    notebooks: INotebookTracker | null,
    state: IStateDB | null
  ) => {
    const trans = (translator ?? nullTranslator).load('workbench');
    const views = new WidgetTracker<AppView>({ namespace: 'workbench-app' });
    // kept as a setting, so that the next start of Jupyter shows it again
    const keep = async (folder: string): Promise<void> => {
      try {
        await registry?.set(PANEL, 'workspace', folder);
      } catch {
        return; // settings that cannot be written are only not remembered
      }
    };
    const side: WorkbenchPanel = new WorkbenchPanel(
      shared,
      actionsOf(app, shared, notebooks, (): WorkbenchPanel => side, keep),
      translator ?? nullTranslator
    );
    const held = { app, model: shared, panel: side, views, trans, files, notebooks, themes, keep };
    const commands = new Commands(held);
    side.selected.connect(() => app.commands.notifyCommandChanged());
    app.shell.add(side, 'left', { rank: 350 });
    themes?.themeChanged.connect(() => {
      views.forEach(view => {
        view.dark = isDark(themes);
      });
    });
    shared.restarted.connect(() => views.forEach(view => view.again()));
    restore(side, views, restorer, state);
    announce(palette, launcher, trans);
    const settings = { notify: true };
    shared.jobEnded.connect((_, job) => {
      if (settings.notify) {
        tellEnd(job, link => commands.openApp({ page: link.page, ...link.about }), trans);
      }
    });
    if (registry) {
      void follow(registry, shared, settings);
    }
  }
};

/** What the side bar does, said as commands where there is one. */
function actionsOf(
  app: JupyterFrontEnd,
  shared: WorkbenchModel,
  notebooks: INotebookTracker | null,
  side: () => WorkbenchPanel,
  keep: (folder: string) => Promise<void>
): IActions {
  const run = (id: string, args = {}): void => void app.commands.execute(id, args);
  return {
    open: (target: ItemOf) => run(CommandIDs.app, { address: linkOf(target) }),
    openApp: page => run(CommandIDs.app, { address: page ? { page } : {} }),
    importFile: () => run(CommandIDs.importFile),
    compare: () => run(CommandIDs.compare),
    create: () => run(CommandIDs.create),
    rename: () => run(CommandIDs.rename),
    choose: folder => {
      void keep(folder).then(() => shared.choose(folder));
    },
    cancel: job => {
      side().selection = [{ kind: 'jobs', key: job.id, item: job }];
      run(CommandIDs.cancel);
    },
    drag: (targets, x, y) => {
      const [first] = targets;
      const item = first.item as { title?: string; ref?: string; name?: string };
      const name = (first.kind === 'datasets' ? item.ref : item.title) ?? item.name ?? first.key;
      const label = targets.length > 1 ? `${name} +${targets.length - 1}` : name;
      drag(targets, shared, notebooks, label, x, y);
    }
  };
}

function restore(
  side: WorkbenchPanel,
  views: WidgetTracker<AppView>,
  restorer: ILayoutRestorer | null,
  state: IStateDB | null
): void {
  restorer?.add(side, side.id);
  if (restorer) {
    void restorer.restore(views, {
      command: CommandIDs.app,
      args: view => ({ address: view.address }),
      name: view => view.id
    });
  }
  if (state) {
    void state.fetch(STATE).then(kept => {
      if (Array.isArray(kept)) {
        side.closed = kept as Kind[];
      }
      side.toggled.connect(() => void state.save(STATE, [...side.closed]));
    });
  }
}

/** Cards of the launcher and lines of the palette. */
function announce(
  palette: ICommandPalette | null,
  launcher: ILauncher | null,
  trans: TranslationBundle
): void {
  const pages = [
    { page: '', label: trans.__('Workbench'), caption: trans.__('Open the app in a tab') },
    { page: 'train', label: trans.__('Train models'), caption: trans.__('Train models on a data set') },
    { page: 'compare', label: trans.__('Compare runs'), caption: trans.__('Hold runs against each other') }
  ];
  pages.forEach(({ page, label, caption }, rank) => {
    const address: Record<string, string> = page ? { page } : {};
    const args = { address, label, caption };
    launcher?.add({ command: CommandIDs.app, category: CATEGORY, rank, args });
  });
  palette?.addItem({ command: CommandIDs.app, category: CATEGORY, args: { isPalette: true } });
  for (const { page, label, caption } of pages.slice(1)) {
    const args = { address: { page }, label, caption, isPalette: true };
    palette?.addItem({ command: CommandIDs.app, category: CATEGORY, args });
  }
  for (const command of [
    CommandIDs.show,
    CommandIDs.importFile,
    CommandIDs.send,
    CommandIDs.create,
    CommandIDs.refresh
  ]) {
    palette?.addItem({ command, category: CATEGORY });
  }
}

/** Take the settings, now and whenever they change. */
async function follow(
  registry: ISettingRegistry,
  shared: WorkbenchModel,
  settings: { notify: boolean }
): Promise<void> {
  const loaded = await registry.load(PANEL);
  let before: string | null = null;
  const apply = (): void => {
    shared.interval = loaded.get('interval').composite as number;
    settings.notify = loaded.get('notifications').composite as boolean;
    const workspace = loaded.get('workspace').composite as string;
    if (workspace !== before) {
      before = workspace; // another page may have chosen since: only a change of this one counts
      void shared.ready.then(() => shared.choose(workspace));
    }
  };
  loaded.changed.connect(apply);
  apply();
}

const status: JupyterFrontEndPlugin<void> = {
  id: STATUS,
  description: 'Running jobs in the status bar.',
  autoStart: true,
  requires: [IWorkbench, IStatusBar],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    shared: WorkbenchModel,
    bar: IStatusBar,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('workbench');
    const show = (): void => void app.commands.execute(CommandIDs.show, { list: 'jobs' });
    const turned = new Signal<WorkbenchModel, void>(shared);
    shared.changed.connect(() => turned.emit());
    bar.registerStatusItem(STATUS, {
      item: new JobStatus(shared, trans, show),
      align: 'left',
      rank: 20,
      isActive: () => shared.shelves.jobs.rows.some(job => ACTIVE.has(job.state)),
      activeStateChanged: turned
    });
  }
};

const notebook: JupyterFrontEndPlugin<void> = {
  id: NOTEBOOK,
  description: 'The button above notebooks that sends a DataFrame.',
  autoStart: true,
  requires: [INotebookTracker, IToolbarWidgetRegistry],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    _tracker: INotebookTracker,
    toolbar: IToolbarWidgetRegistry,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('workbench');
    toolbar.addFactory<NotebookPanel>('Notebook', 'workbench-send', () => {
      const button = new CommandToolbarButton({
        commands: app.commands,
        id: CommandIDs.send,
        label: '',
        caption: trans.__('Send a DataFrame of this kernel to Workbench')
      });
      return button;
    });
  }
};

export default [model, panel, status, notebook];
