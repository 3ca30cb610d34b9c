import { joinScreen } from './connection.ts';
import { openPage } from './page.ts';

// The token in the address has been used; without it the page can be reloaded.
history.replaceState(null, '', '/');

const page = openPage();
const connection = joinScreen(page);

page.onPress('reconnect', () => connection.reconnect());
page.onPress('ctrl-alt-del', () => {
  connection.rfb?.sendCtrlAltDel();
  connection.rfb?.focus();
});
page.onPress('size', () => {
  page.setFits(!page.fits());
  if (connection.rfb) connection.rfb.scaleViewport = page.fits();
});
page.onPress('fullscreen', () => {
  void page.screen.requestFullscreen().then(() => connection.rfb?.focus());
});
page.onPress('picture', () => connection.rfb?.toBlob((blob) => blob && save(blob), 'image/png'));

/** Gives a picture to the browser's downloads, named by machine and time. */
function save(blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  link.download = `${document.title.replaceAll(/[^\w.-]+/g, '-')}-${time}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
