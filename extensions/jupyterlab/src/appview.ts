import { MainAreaWidget } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { IFrame } from '@jupyterlab/ui-components';
import { Message } from '@lumino/messaging';
import { ISignal, Signal } from '@lumino/signaling';
import { workbenchIcon } from './icons';

/** Where the app answers, below the server's base URL. */
export const APP = 'workbench-app/';
const LIGHTEST = 'assets/mark.svg'; // answers only once the app's process is up
const LOOK = 700; // milliseconds between two looks at the page's name

/** A page of the app and what it is about: `{page: 'data', data: 'adult@1'}`. */
export type Address = Record<string, string>;

/** The query of a page, its parts in the app's own names. */
export function queryOf(address: Address, dark: boolean): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(address)) {
    if (value && name !== 'theme' && name !== 'token') {
      query.set(name, value);
    }
  }
  query.set('theme', dark ? 'dark' : 'light');
  return `?${query.toString()}`;
}

/** The page that a query names. */
export function addressOf(search: string): Address {
  const found: Address = {};
  new URLSearchParams(search).forEach((value, name) => {
    if (name !== 'theme' && name !== 'token') {
      found[name] = value;
    }
  });
  return found;
}

/** A page of the app in the main area. */
export class AppView extends MainAreaWidget<IFrame> {
  constructor(
    readonly settings: ServerConnection.ISettings,
    address: Address,
    dark: boolean,
    trans: TranslationBundle
  ) {
    const content = new IFrame({
      // Same origin, which its web socket and cookies need: the app is as trusted as this page.
      sandbox: [
        'allow-same-origin',
        'allow-scripts',
        'allow-forms',
        'allow-downloads',
        'allow-modals',
        'allow-popups'
      ]
    });
    super({ content });
    this._address = address;
    this._dark = dark;
    this._trans = trans;
    this.id = `workbench-app-${++AppView._made}`;
    this.title.label = 'Workbench';
    this.title.icon = workbenchIcon;
    this.title.closable = true;
    this.addClass('wb-AppView');
    content.addClass('wb-AppFrame');
    this._note.className = 'wb-AppNote';
    this._note.setAttribute('role', 'status');
    content.node.appendChild(this._note);
    this.frame.title = trans.__('Workbench app');
    this.frame.addEventListener('load', () => this._loaded());
  }

  /** Emits when the user has walked to another page. */
  get walked(): ISignal<this, void> {
    return this._walked;
  }

  /** The page that is shown now. */
  get address(): Address {
    const search = this._search();
    return search === null ? this._address : addressOf(search);
  }

  /** Walk to a page. */
  go(address: Address): void {
    this._address = address;
    this._show();
  }

  /** Show the page anew where the user was: its server has gone, and another has come. */
  again(): void {
    this.go(this.address);
  }

  set dark(dark: boolean) {
    this._dark = dark;
    this._paint();
  }

  override dispose(): void {
    window.clearInterval(this._timer);
    super.dispose();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._begin();
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    if (this.isVisible) {
      this._begin();
    }
  }

  /** Tell the page inside, which keeps what the user has done there. */
  private _paint(): void {
    const message = { type: 'workbench-theme', dark: this._dark };
    this.frame.contentWindow?.postMessage(message, window.location.origin);
  }

  private get frame(): HTMLIFrameElement {
    return this.content.node.querySelector('iframe') as HTMLIFrameElement;
  }

  /** Restored tabs that nobody looks at start nothing. */
  private _begin(): void {
    if (!this._begun) {
      this._begun = true;
      this._show();
    }
  }

  private _show(): void {
    if (this._begun) {
      void this._start();
    }
  }

  /** The first page starts the app's process, which takes some seconds. */
  private async _start(): Promise<void> {
    const base = URLExt.join(this.settings.baseUrl, APP);
    this._say(this._trans.__('Starting the app…'));
    try {
      const response = await fetch(base + LIGHTEST, { credentials: 'same-origin' });
      if (!response.ok) {
        throw new Error(await reasonOf(response, this._trans));
      }
    } catch (reason) {
      this._say(
        this._trans.__('The app did not start. %1', reason instanceof Error ? reason.message : ''),
        () => void this._start()
      );
      return;
    }
    if (!this.isDisposed) {
      this.content.url = base + queryOf(this._address, this._dark);
    }
  }

  private _loaded(): void {
    const search = this._search();
    if (search === null) {
      return;
    }
    this._note.hidden = true;
    window.clearInterval(this._timer);
    let before = search;
    this._timer = window.setInterval(() => {
      const label = this.frame.contentDocument?.title;
      if (label) {
        this.title.label = label;
      }
      const now = this._search();
      if (now !== null && now !== before) {
        before = now;
        this._walked.emit();
      }
    }, LOOK);
  }

  /** The query of the page inside; null while there is none. */
  private _search(): string | null {
    try {
      const place = this.frame.contentWindow?.location;
      return place?.protocol.startsWith('http') ? place.search : null;
    } catch {
      return null; // another origin: the login of a hub
    }
  }

  private _say(sentence: string, retry?: () => void): void {
    this._note.hidden = false;
    this._note.textContent = sentence;
    if (retry) {
      const again = document.createElement('button');
      again.className = 'wb-Small';
      again.textContent = this._trans.__('Try again');
      again.addEventListener('click', retry);
      this._note.append(again);
    }
  }

  private static _made = 0;
  private _address: Address;
  private _dark: boolean;
  private _begun = false;
  private _timer = 0;
  private readonly _trans: TranslationBundle;
  private readonly _note = document.createElement('div');
  private readonly _walked = new Signal<this, void>(this);
}

async function reasonOf(response: Response, trans: TranslationBundle): Promise<string> {
  const plain = response.headers.get('Content-Type')?.startsWith('text/plain');
  return plain
    ? (await response.text()).trim()
    : trans.__('Jupyter answered %1.', response.status);
}
