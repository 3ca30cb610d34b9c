/** What the page shows about its connection. */
export type ConnectionState = 'connecting' | 'connected' | 'waiting';

/** Why there is no picture, and what will be done about it. */
export interface Notice {
  readonly reason: string;
  readonly next: string;
}

/** The parts of the page that the connection works with. */
export interface Page {
  readonly screen: HTMLElement;
  /** What the page was told to call the machine, if anything. */
  readonly title: string;
  /** Shows the machine's name. */
  setName(name: string): void;
  /** Shows how the connection is; a notice lies over the screen unless it is connected. */
  show(state: ConnectionState, notice?: Notice): void;
  /** Calls `act` when the button is pressed. */
  onPress(button: ButtonId, act: () => void): void;
  /** Whether the picture shall be scaled to the window. */
  fits(): boolean;
  setFits(fits: boolean): void;
}

export type ButtonId = 'ctrl-alt-del' | 'size' | 'picture' | 'fullscreen' | 'reconnect';

const STATUS = { connecting: 'Connecting', connected: 'Connected', waiting: 'Not connected' } as const;

/** The buttons that need a picture. */
const NEED_CONNECTION = ['ctrl-alt-del', 'picture'] as const;

/** Finds the parts of the page. */
export function openPage(): Page {
  const name = element('name');
  const status = element('status');
  const notice = element('notice');
  const size = element('size');
  return {
    screen: element('screen'),
    title: name.dataset['title'] ?? '',
    setName: (text) => {
      name.textContent = text;
      document.title = text;
    },
    show: (state, why) => {
      status.dataset['state'] = state;
      status.textContent = STATUS[state];
      notice.hidden = !why;
      element('reason').textContent = why?.reason ?? '';
      element('next').textContent = why?.next ?? '';
      for (const id of NEED_CONNECTION) element(id).toggleAttribute('disabled', state !== 'connected');
    },
    onPress: (id, act) => element(id).addEventListener('click', act),
    fits: () => size.getAttribute('aria-pressed') === 'true',
    setFits: (fits) => size.setAttribute('aria-pressed', String(fits)),
  };
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element "${id}"`);
  return found;
}
