import { once } from 'node:events';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { serve } from 'jumplead';
import { type Colour, fakeDisplay } from 'jumplead/fake';
import type { Browser, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Screen } from '../../src/client/display.ts';
import { launchBrowser } from '../support/chromium.ts';

const RED: Colour = [255, 0, 0];
const GREEN: Colour = [0, 255, 0];
const WIDTH = 640;

/** Left half red, right half green. */
const halves = (x: number): Colour => (x < WIDTH / 2 ? RED : GREEN);

const connected = (page: Page) => page.waitForSelector('#status[data-state=connected]');

/** The colour of the page's picture, at a part of its width. */
async function colourAt(page: Page, part: number): Promise<number[]> {
  const picture = PNG.sync.read(await page.locator('#screen canvas').first().screenshot());
  const at = 4 * (Math.floor(picture.height / 2) * picture.width + Math.floor(picture.width * part));
  return [...picture.data.subarray(at, at + 3)];
}

describe('the page with the screen', () => {
  const stack = new AsyncDisposableStack();
  const display = fakeDisplay({ width: WIDTH, height: 400, picture: halves });
  let browser: Browser;
  let screen: Screen;
  let page: Page;

  beforeAll(async () => {
    browser = await launchBrowser();
    stack.defer(() => browser.close());
    const device = stack.use(await serve(display));
    screen = stack.use(await device.open({ title: 'Machine <1>' }));
  });
  afterAll(() => stack.disposeAsync());
  beforeEach(async () => {
    page = await (await browser.newContext()).newPage();
  });
  afterEach(() => page.context().close());

  test('shows the picture, takes keys and names the machine', async () => {
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    const hosts = new Set<string>();
    page.on('request', (made) => hosts.add(new URL(made.url()).host));
    await page.goto(screen.createLink());
    await connected(page);
    await expect.poll(() => colourAt(page, 0.25)).toEqual(RED);
    await expect.poll(() => colourAt(page, 0.75)).toEqual(GREEN);
    await page.keyboard.press('j');
    await display.device.screen.keyDown(0x6a);
    await page.click('#ctrl-alt-del');
    await display.device.screen.keyDown(0xffff);
    expect(await page.textContent('h1')).toBe('Machine <1>');
    expect(problems).toEqual([]);
    expect([...hosts]).toEqual([new URL(page.url()).host]);
  });

  test('shows what changes, to every viewer', async () => {
    const other = await (await browser.newContext()).newPage();
    for (const viewer of [page, other]) {
      await viewer.goto(screen.createLink());
      await connected(viewer);
    }
    display.device.screen.show(() => [0, 0, 255]);
    for (const viewer of [page, other]) await expect.poll(() => colourAt(viewer, 0.5)).toEqual([0, 0, 255]);
    display.device.screen.show(halves);
    await other.context().close();
  });

  test('saves what is on the screen', async () => {
    await page.goto(screen.createLink());
    await connected(page);
    await expect.poll(() => colourAt(page, 0.25)).toEqual(RED);
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#picture')]);
    const picture = PNG.sync.read(await readFile(await download.path()));
    expect([picture.width, picture.height]).toEqual([WIDTH, 400]);
    expect(download.suggestedFilename()).toMatch(/^Machine-1--[\dT-]+\.png$/);
  });

  test('a link works once, and then for its browser', async () => {
    const link = screen.createLink();
    expect((await page.goto(link))?.status()).toBe(200);
    await page.waitForURL(new URL('/', link).href);
    expect((await page.reload())?.status()).toBe(200);
    await connected(page);
    const stranger = await (await browser.newContext()).newPage();
    expect((await stranger.goto(link))?.status()).toBe(403);
    expect(await stranger.textContent('h1')).toBe('This link has been used');
    expect((await stranger.goto(new URL('/', link).href))?.status()).toBe(403);
    await stranger.context().close();
  });

  test('says why there is no picture, and comes back by itself', async () => {
    await page.goto(screen.createLink());
    await connected(page);
    display.device.unplug();
    await page.waitForSelector('#notice:not([hidden])');
    expect(await page.textContent('#reason')).toBe('fake-display: the device is gone');
    display.device.plug();
    await page.click('#reconnect');
    await connected(page);
    expect(await page.isVisible('#notice')).toBe(false);
  });
});

describe('what the server of the page refuses', () => {
  const stack = new AsyncDisposableStack();
  let screen: Screen;
  let cookie: string;
  beforeAll(async () => {
    const device = stack.use(await serve(fakeDisplay()));
    screen = stack.use(await device.open());
    cookie = (await fetch(screen.url)).headers.get('set-cookie') ?? '';
  });
  afterAll(() => stack.disposeAsync());

  const ask = async (path: string, options: object): Promise<number | undefined> => {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const made = request(new URL(path, screen.url), options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    made.on('error', reject).end();
    return promise;
  };
  const watch = async (headers: Record<string, string>, path = '/rfb'): Promise<string> => {
    const url = new URL(path, screen.url.replace('http:', 'ws:'));
    const socket = new WebSocket(url, { headers });
    const { promise, resolve } = Promise.withResolvers<string>();
    socket.on('message', (data: Buffer) => resolve(data.toString()));
    socket.on('error', (error) => resolve(error.message));
    return promise.finally(() => socket.terminate());
  };
  const origin = () => new URL(screen.url).origin;
  const pair = () => cookie.split(';')[0] ?? '';

  test('the cookie is out of reach of scripts and of other sites', () => {
    expect(cookie).toMatch(/^jumplead-\w+=[\w-]{32}; HttpOnly; SameSite=Strict; Path=\/$/);
  });

  test('a name that is not of this host', async () => {
    expect(await ask('/ui/style.css', {})).toBe(200);
    expect(await ask('/ui/style.css', { headers: { host: 'attacker.example' } })).toBe(421);
    expect(await ask('/', { headers: { host: 'attacker.example', cookie: pair() } })).toBe(421);
  });

  test('methods that change something', async () => {
    expect(await ask('/', { method: 'POST', headers: { cookie: pair() } })).toBe(405);
  });

  test.each([
    '/ui/../index.ts',
    '/ui/%2e%2e/access.ts',
    '/novnc/package.json',
    '/novnc/../ws/index.js',
    '/ui/nope.js',
  ])('files that are not of the page: %s', async (path) => expect(await ask(path, {})).toBe(404));

  test('a WebSocket of another page, without the cookie, or elsewhere', async () => {
    expect(await watch({ origin: origin(), cookie: pair() })).toBe('RFB 003.008\n');
    expect(await watch({ origin: 'http://attacker.example', cookie: pair() })).toContain('403');
    expect(await watch({ cookie: pair() })).toContain('403');
    expect(await watch({ origin: origin() })).toContain('403');
    expect(await watch({ origin: origin(), cookie: 'jumplead-00000000=x' })).toContain('403');
    expect(await watch({ origin: origin(), cookie: pair() }, '/')).toContain('403');
  });

  /** A connection that has asked for `path` and does not hang up by itself. */
  const openRaw = (path: string, url: string, ...headers: string[]) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    socket.write([`GET ${path} HTTP/1.1`, `Host: ${hostname}`, ...headers, '', ''].join('\r\n'));
    return socket;
  };
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket'];

  test('a connection that may not stay is not left open as if it might', async () => {
    const stranger = await text(openRaw('/ui/style.css', screen.url));
    expect(stranger).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*Connection: close\r\n/);
    const known = openRaw('/ui/style.css', screen.url, `Cookie: ${pair()}`);
    const [answer] = await once(known.setEncoding('latin1'), 'data');
    known.destroy();
    expect(answer).toContain('\r\nConnection: keep-alive\r\n');
  });

  test('a path that is no URL', async () => {
    expect(await text(openRaw('//', screen.url, 'Connection: close'))).toContain('404 Not Found');
  });

  test('a WebSocket whose client does not hang up: the page closes all the same', async () => {
    await using device = await serve(fakeDisplay());
    const { url, close } = await device.open();
    expect(await text(openRaw('/rfb', url, ...upgrade))).toContain('403 Forbidden');
    await close();
  });

  test('a WebSocket whose client is gone before the answer', async () => {
    const socket = openRaw('/rfb', screen.url, ...upgrade);
    await once(socket, 'connect');
    socket.resetAndDestroy();
    expect(await ask('/ui/style.css', {})).toBe(200);
  });

  test('a port that is taken', async () => {
    const device = stack.use(await serve(fakeDisplay()));
    const { port: taken } = new URL(screen.url);
    await expect(device.open({ port: Number(taken) })).rejects.toMatchObject({ code: 'state' });
  });

  test('nothing after it was closed', async () => {
    await using device = await serve(fakeDisplay());
    const closed = await device.open();
    await closed.close();
    await expect(fetch(closed.url)).rejects.toThrow();
  });
});

test('a screenshot is a PNG, also in a file', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-screen-'));
  const path = join(folder.path, 'screen.png');
  await using device = await serve(fakeDisplay({ width: WIDTH, height: 400, picture: halves }));
  const png = await device.screenshot(path);
  expect(await readFile(path)).toEqual(png);
  expect(PNG.sync.read(Buffer.from(png)).width).toBe(WIDTH);
});
