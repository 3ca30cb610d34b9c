import { spawn } from 'node:child_process';
import { platform } from 'node:os';

/** Shows a page in the user's browser, if this is a desktop. That there is none is no failure: the address has been printed. */
export function openBrowser(url: string): void {
  const isMac = platform() === 'darwin';
  if (!isMac && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']) return;
  const browser = spawn(isMac ? 'open' : 'xdg-open', [url], { stdio: 'ignore', detached: true });
  browser.once('error', () => undefined);
  browser.unref();
}
