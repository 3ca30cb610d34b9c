import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { readSource, writeSink } from '../../../src/drivers/std/index.ts';
import type { ByteWriter } from '../../../src/interfaces/index.ts';
import { readAll } from '../open-driver.ts';

const never = new AbortController().signal;

/** An HTTP server of our own; its URL ends without a slash. */
async function serveHttp(stack: AsyncDisposableStack, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // SAFE: a TCP server that listens
}

/** A writer that remembers what became of it. */
function recordingWriter(events: string[], onWrite?: () => void): ByteWriter {
  return {
    write: async (chunk) => {
      onWrite?.();
      events.push(Buffer.from(chunk).toString());
    },
    close: async () => void events.push('closed'),
    abort: async (reason) => void events.push(`aborted: ${reason}`),
  };
}

async function* chunks(...texts: string[]) {
  for (const each of texts) yield Buffer.from(each);
}

/** What a driver reads from a URL. */
const download = (url: string, headers: Record<string, string>, signal: AbortSignal) =>
  readSource({ kind: 'url', url, headers }, signal);

describe('a source that is a URL', () => {
  it('follows relative redirects and sends the headers', async () => {
    await using stack = new AsyncDisposableStack();
    const url = await serveHttp(stack, (request, response) => {
      if (request.url === '/image') response.end(`the image, for ${request.headers['x-from']}`);
      else response.writeHead(302, { location: '/image' }).end();
    });
    expect(await readAll(download(`${url}/old`, { 'x-from': 'the lab' }, never))).toBe(
      'the image, for the lab',
    );
  });

  it('keeps secrets from another origin', async () => {
    await using stack = new AsyncDisposableStack();
    const elsewhere = await serveHttp(stack, ({ headers }, response) => {
      response.end(JSON.stringify([headers.authorization, headers['x-amz-token'], headers['x-from']]));
    });
    const url = await serveHttp(stack, (_, response) => {
      response.writeHead(307, { location: elsewhere }).end();
    });
    const headers = { Authorization: 'Bearer secret', 'X-Amz-Token': 'secret', 'x-from': 'the lab' };
    expect(await readAll(download(url, headers, never))).toBe('[null,null,"the lab"]');
  });

  it('gives up after ten redirects', async () => {
    await using stack = new AsyncDisposableStack();
    const url = await serveHttp(stack, (request, response) => {
      response.writeHead(302, { location: `${request.url}a` }).end();
    });
    await expect(readAll(download(url, {}, never))).rejects.toMatchObject({
      code: 'image',
      reason: 'more than 10 redirects',
    });
  });

  it('says what the server answered, without the query', async () => {
    await using stack = new AsyncDisposableStack();
    const url = await serveHttp(stack, (_, response) => {
      response.writeHead(403).end();
    });
    await expect(readAll(download(`${url}/image?signature=secret`, {}, never))).rejects.toMatchObject({
      code: 'image',
      source: `${url}/image?...`,
      message: `${url}/image?...: the server answered HTTP 403 Forbidden`,
    });
  });

  it('does not quote a user and a password, nor send them', async () => {
    await expect(readAll(download('http://me:secret@127.0.0.1:1/image', {}, never))).rejects.toMatchObject({
      code: 'image',
      message:
        'http://127.0.0.1:1/image: an address with a user or a password cannot be fetched; give them in a header',
    });
  });

  it('refuses a redirect to what is no address', async () => {
    await using stack = new AsyncDisposableStack();
    const url = await serveHttp(
      stack,
      (_, response) => void response.writeHead(302, { location: '//' }).end(),
    );
    await expect(readAll(download(url, {}, never))).rejects.toMatchObject({
      code: 'image',
      message: `${url}/: it redirects to itself, or to what is no http: or https: address`,
    });
  });

  it('never takes a connection that breaks for the end', async () => {
    await using stack = new AsyncDisposableStack();
    const url = await serveHttp(stack, (_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy());
    });
    await expect(readAll(download(url, {}, never))).rejects.toMatchObject({
      code: 'unreachable',
      target: `${url}/`,
    });
  });

  it('ends with the reason of a caller who gives up', async () => {
    await using stack = new AsyncDisposableStack();
    const caller = new AbortController();
    const reason = new Error('enough');
    const url = await serveHttp(stack, () => caller.abort(reason));
    await expect(readAll(download(url, {}, caller.signal))).rejects.toBe(reason);
  });
});

describe('readSource', () => {
  it('reads a file of the host, and says which is not there', async () => {
    await using stack = new AsyncDisposableStack();
    const dir = await mkdtemp(join(tmpdir(), 'jumplead-test-'));
    stack.defer(() => rm(dir, { recursive: true }));
    const path = join(dir, 'image');
    const source = { kind: 'local_path', path } as const;
    await expect(readAll(readSource(source, never))).rejects.toMatchObject({ code: 'image', source: path });
    await writeFile(path, 'bytes');
    expect(await readAll(readSource(source, never))).toBe('bytes');
  });

  it('reads a stream and a URL', async () => {
    await using stack = new AsyncDisposableStack();
    const url = await serveHttp(stack, (_, response) => void response.end('from afar'));
    expect(await readAll(readSource({ kind: 'stream', chunks: chunks('a', 'b') }, never))).toBe('ab');
    expect(await readAll(readSource({ kind: 'url', url }, never))).toBe('from afar');
  });
});

describe('writeSink', () => {
  it('closes what is complete', async () => {
    const events: string[] = [];
    await writeSink({ kind: 'stream', writer: recordingWriter(events) }, chunks('a', 'b'), never);
    expect(events).toEqual(['a', 'b', 'closed']);
  });

  it('aborts what never will be', async () => {
    const events: string[] = [];
    const caller = new AbortController();
    const writer = recordingWriter(events, () => caller.abort('enough'));
    const written = writeSink({ kind: 'stream', writer }, chunks('a', 'b'), caller.signal);
    await expect(written).rejects.toBe('enough');
    expect(events).toEqual(['a', 'aborted: enough']);
  });

  it('puts to a URL, and says when that is refused', async () => {
    await using stack = new AsyncDisposableStack();
    const received: string[] = [];
    const url = await serveHttp(stack, async (request, response) => {
      received.push(`${request.method} ${await text(request)}`);
      response.writeHead(request.url === '/full' ? 507 : 201).end();
    });
    await writeSink({ kind: 'url', url }, chunks('a', 'b'), never);
    expect(received).toEqual(['PUT ab']);
    await expect(writeSink({ kind: 'url', url: `${url}/full` }, chunks('a'), never)).rejects.toMatchObject({
      code: 'image',
      reason: 'the server answered HTTP 507 Insufficient Storage',
    });
  });

  it('does not follow a redirect of what it puts', async () => {
    await using stack = new AsyncDisposableStack();
    const url = await serveHttp(stack, (request, response) => {
      request.resume();
      response.writeHead(request.url === '/' ? 303 : 200, { location: '/elsewhere' }).end();
    });
    await expect(writeSink({ kind: 'url', url }, chunks('a'), never)).rejects.toMatchObject({
      code: 'image',
      reason: 'the server answered HTTP 303 See Other',
    });
  });

  it('tells what became of the bytes when these end it', async () => {
    await using stack = new AsyncDisposableStack();
    const url = await serveHttp(stack, (request) => void request.on('error', () => undefined).resume());
    const unplugged = new Error('the card is gone');
    const broken = (async function* () {
      yield Buffer.from('a');
      throw unplugged;
    })();
    await expect(writeSink({ kind: 'url', url }, broken, never)).rejects.toBe(unplugged);
  });
});
