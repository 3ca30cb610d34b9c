import { redactUrl, refused } from './address.ts';
import type { Answer } from './request.ts';

const PAGE = /^\s*<(?:!doctype|html|head|body|\?xml|!--)/i;

/** Passes chunks on. @throws ImageError when they are a page for people: of an error, or one that asks for a login. */
export async function* withoutPages(
  chunks: AsyncIterable<Uint8Array>,
  answer: Pick<Answer, 'headers' | 'url'>,
  asked: URL,
): AsyncGenerator<Uint8Array, void> {
  let isFirst = true;
  for await (const chunk of chunks) {
    if (isFirst && isPage(chunk, String(answer.headers['content-type'] ?? ''))) throw page(answer.url, asked);
    isFirst = false;
    yield chunk;
  }
}

// The type alone proves nothing: some servers call everything that they do not know a page.
function isPage(start: Uint8Array, type: string): boolean {
  const text = Buffer.from(start.subarray(0, 256)).toString('latin1');
  return PAGE.test(text) || (/^(?:text\/html|application\/xhtml)/i.test(type) && /^\s*</.test(text));
}

function page(url: URL, asked: URL): Error {
  const reason =
    url.href === asked.href
      ? 'the server sent a web page: is the address right?'
      : `the server sent a web page, after a redirect to ${redactUrl(url)}: is a login needed?`;
  return refused(reason, redactUrl(asked));
}
