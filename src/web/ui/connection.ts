import RFB from '@novnc/novnc';
import type { Page } from './page.ts';

/** The screen of the machine, joined again whenever it was lost. */
export interface Connection {
  /** The picture, while there is one. */
  readonly rfb: RFB | undefined;
  /** Tries at once instead of waiting. */
  reconnect(): void;
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 10_000;

/** Closed by the server with a reason for people. */
const ENDED = 4000;

/** Joins the screen, and goes on doing so until the page is left. */
export function joinScreen(page: Page): Connection {
  let rfb: RFB | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let pause = FIRST_PAUSE;

  const join = () => {
    clearTimeout(retry);
    retry = undefined;
    page.show('connecting');
    const socket = new WebSocket(`ws://${location.host}/rfb`);
    let reason = 'The program that shows this screen does not answer; it may have ended.';
    socket.addEventListener('close', (event) => {
      if (event.code === ENDED) reason = event.reason;
    });
    const next = new RFB(page.screen, socket, { shared: true });
    next.background = 'transparent';
    next.qualityLevel = 9;
    next.scaleViewport = page.fits();
    next.addEventListener('connect', () => {
      rfb = next;
      pause = FIRST_PAUSE;
      page.show('connected');
      next.focus();
    });
    next.addEventListener('desktopname', ({ detail }) => {
      if (page.title === '') page.setName(detail.name);
    });
    next.addEventListener('disconnect', () => {
      rfb = undefined;
      wait(reason);
    });
  };

  const wait = (reason: string) => {
    page.show('waiting', { reason, next: `Next try in ${pause / 1_000} s` });
    retry = setTimeout(join, pause);
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  };

  join();
  return {
    get rfb() {
      return rfb;
    },
    reconnect: () => {
      if (retry === undefined) return;
      pause = FIRST_PAUSE;
      join();
    },
  };
}
