import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkAnswer, checkRecovered, fuzz, openRange, type Range, TIMEOUT } from './fuzzing.ts';

let range: Range;
let origin: string;
let cookie: string;
beforeAll(async () => {
  range = await openRange();
  const { link } = await range.victim.measure();
  origin = new URL(link).origin;
  cookie = (await fetch(link)).headers.get('set-cookie')?.split(';')[0] ?? '';
});
afterAll(() => range.victim[Symbol.asyncDispose]());

/** Sends all that, and half-closes; resolves with what came until the connection was closed. */
async function exchange(pieces: readonly (string | Uint8Array)[]): Promise<string> {
  const socket = connect({ port: Number(new URL(origin).port), host: '127.0.0.1', allowHalfOpen: true });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  let answer = '';
  socket.on('error', () => undefined).on('end', () => socket.destroy());
  socket.setEncoding('latin1').on('data', (text) => {
    answer += text;
  });
  for (const piece of pieces) {
    socket.write(piece);
    await nextTurn();
  }
  socket.end();
  await closed;
  return answer;
}

const path = fc.oneof(
  fc.constantFrom(
    '/',
    '/rfb',
    '/open/',
    '/open/x',
    '/open/../ui/style.css',
    '/ui/main.ts',
    '/ui/../../package.json',
    '/ui/..%2f..%2fpackage.json',
    '/ui/%2e%2e/index.ts',
    '/ui//etc/passwd',
    '/novnc/core/../../../package.json',
    '/novnc/core/rfb.js/../../package.json',
    '/ui/style.css%00.js',
    '/ui/\\..\\index.ts',
    'http://attacker.example/ui/style.css',
    '*',
    '//',
    '?',
    '/ui/style.css?x#y',
  ),
  fc.webPath(),
  fc.string({ maxLength: 50 }),
  fc.constantFrom(9_000, 20_000).map((length) => `/${'a'.repeat(length)}`),
);
const header = fc.oneof(
  fc.constantFrom(
    'Host: attacker.example',
    'Host: 127.0.0.1:1, 127.0.0.1',
    'Host:',
    'Origin: null',
    'Origin: http://attacker.example',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Upgrade: h2c',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Key: short',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Version: 99',
    'Sec-WebSocket-Extensions: permessage-deflate; x="',
    'Sec-WebSocket-Protocol: ,',
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: chunked, identity',
    'Expect: 100-continue',
    'Cookie: jumplead-=; =; ;;;',
    `Cookie: ${'a=b; '.repeat(3_000)}`,
    'Range: bytes=0-',
    ' folded: yes',
    'no colon',
    '',
  ),
  fc.tuple(fc.string({ maxLength: 20 }), fc.string({ maxLength: 40 })).map((pair) => pair.join(': ')),
);

const request = fc
  .record({
    method: fc.oneof(
      { weight: 5, arbitrary: fc.constant('GET') },
      fc.constantFrom('HEAD', 'POST', 'CONNECT', 'OPTIONS', 'TRACE', 'PRI', 'get', 'G T', ''),
    ),
    path,
    version: fc.oneof(
      { weight: 8, arbitrary: fc.constant('HTTP/1.1') },
      fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/9', ''),
    ),
    proper: fc.boolean(),
    headers: fc.array(header, { maxLength: 8 }),
    body: fc.oneof(
      fc.constant(''),
      fc.string({ maxLength: 50 }),
      fc.constantFrom('5\r\nhello\r\n0\r\n\r\n', 'fffffffff\r\n'),
    ),
  })
  .map(({ method, path, version, proper, headers, body }) => {
    const usual = proper ? [`Host: ${new URL(origin).host}`] : [];
    return [`${method} ${path} ${version}`, ...usual, ...headers, '', body].join('\r\n');
  });

test('whatever is asked of the page, it goes on, and shows nothing to strangers', {
  timeout: TIMEOUT,
}, async () => {
  const attack = fc.oneof(
    { weight: 5, arbitrary: fc.array(request, { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 3 }) },
  );
  await fuzz(
    range.victim,
    attack,
    async (pieces) => {
      const answer = await exchange(pieces);
      for (const [head = ''] of answer.matchAll(/^HTTP\/1\.1 .*?\r\n\r\n/gms)) checkAnswer(head);
      // Neither the page itself, nor its stream, nor a file that is not of it.
      expect(answer).not.toMatch(/toolbar|RFB 003|101 Switching|"dependencies"|root:/);
      expect((await fetch(`${origin}/ui/style.css`)).status).toBe(200);
    },
    { runs: 250, examples: [['GET //  HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n']] },
  );
});

/** A frame of a WebSocket; its length is that of the payload unless it lies. */
const wsFrame = fc
  .record({
    first: fc.constantFrom(0x81, 0x82, 0x02, 0x00, 0x80, 0x88, 0x89, 0x8a, 0xf2, 0x83, 0xff),
    masked: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
    length: fc.option(fc.constantFrom(0, 125, 65_535, 2 ** 20 + 1, 2 ** 31), { nil: undefined, freq: 3 }),
    payload: fc.uint8Array({ maxLength: 100 }),
  })
  .map(({ first, masked, length: said, payload }) => {
    const length = said ?? payload.length;
    const head = Buffer.alloc(10);
    head[0] = first;
    head[1] = 127 | (masked ? 128 : 0);
    head.writeBigUInt64BE(BigInt(length), 2);
    return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0), payload]);
  });

test('whatever a viewer sends on its WebSocket, the page goes on', { timeout: TIMEOUT }, async () => {
  const attack = fc.record({
    key: fc.oneof(
      { weight: 8, arbitrary: fc.constant('dGhlIHNhbXBsZSBub25jZQ==') },
      fc.constantFrom('', 'x', 'a'.repeat(24)),
    ),
    frames: fc.array(fc.oneof({ weight: 8, arbitrary: wsFrame }, fc.uint8Array({ maxLength: 60 })), {
      maxLength: 8,
    }),
  });
  await fuzz(
    range.victim,
    attack,
    async ({ key, frames }) => {
      const { host } = new URL(origin);
      const upgrade = [
        'GET /rfb HTTP/1.1',
        `Host: ${host}`,
        `Origin: ${origin}`,
        `Cookie: ${cookie}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        `Sec-WebSocket-Key: ${key}`,
        'Sec-WebSocket-Version: 13',
        '',
        '',
      ];
      const answer = await exchange([upgrade.join('\r\n'), ...frames]);
      // What is sent after a refusal may destroy it on its way.
      expect(answer).toMatch(/^(?:HTTP\/1\.1 (?:101|400) |$)/);
      checkAnswer(answer);
    },
    { runs: 150 },
  );
  await checkRecovered(range);
});
