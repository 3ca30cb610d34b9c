import { DeviceError } from '../../core/index.ts';

/** Opens the page of a screen as a browser would, by a link of its own. @throws DeviceError when it does not answer with the page. */
export async function checkPage(link: string, signal: AbortSignal): Promise<void> {
  const answer = await fetch(link, { signal });
  const type = answer.headers.get('content-type') ?? '';
  await answer.body?.cancel();
  if (answer.ok && type.startsWith('text/html')) return;
  const message = `the page of the screen answered ${answer.status} (${type || 'no content type'})`;
  throw new DeviceError(message, { event: 'page missing', tail: '' });
}
