// node client.mjs PACKAGE: our client. Connects to a socket that it is told, and measures what it is asked.
import { answerRequests, load } from './answer.mjs';

/** @type {typeof import('jumplead')} */
const { exploreSession } = await load('index.js');

/** @type {Awaited<ReturnType<typeof exploreSession>> | undefined} */
let explored;

/** @param {string} path */
function nodeAt(path) {
  const node = explored?.root.children.get(path);
  if (!node) throw new Error(`there is no ${path}`);
  return node;
}

/** Driver calls, one after the other: the time of each, in ms. */
async function call(/** @type {{ count: number }} */ { count }) {
  const power = /** @type {import('jumplead').PowerHandle} */ (await nodeAt('power').handle());
  const times = [];
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    await power.on();
    times.push(performance.now() - start);
  }
  return { times };
}

/** One streaming call of many answers: the time of all, in ms. */
async function stream(/** @type {{ count: number }} */ { count }) {
  const start = performance.now();
  let seen = 0;
  for await (const _ of nodeAt('counter').stream('count', [count])) seen++;
  if (seen !== count) throw new Error(`${seen} of ${count} items came`);
  return { time: performance.now() - start };
}

/** Bytes to a driver that sends them back, written and read at the same time: the time of all, in ms. */
async function echo(/** @type {{ count: number, size: number }} */ { count, size }) {
  const network = /** @type {import('jumplead').NetworkHandle} */ (await nodeAt('echo').handle());
  await using channel = await network.connect();
  const payload = Buffer.alloc(size, 'x');
  const start = performance.now();
  const write = async () => {
    for (let index = 0; index < count; index++) await channel.write(payload);
    await channel.end();
  };
  const read = async () => {
    let received = 0;
    for await (const chunk of channel) received += chunk.length;
    if (received !== count * size) throw new Error(`${received} of ${count * size} bytes came back`);
  };
  await Promise.all([write(), read()]);
  return { time: performance.now() - start };
}

/** Flashes a file: the time, in ms. */
async function flash(/** @type {{ path: string }} */ { path }) {
  const flasher = /** @type {import('jumplead').FlasherHandle} */ (await nodeAt('flasher').handle());
  const start = performance.now();
  await flasher.flash(path);
  return { time: performance.now() - start };
}

await answerRequests({
  connect: async (/** @type {{ socket: string }} */ { socket }) => {
    explored = await exploreSession(socket);
    return {};
  },
  disconnect: async () => {
    await explored?.[Symbol.asyncDispose]();
    explored = undefined;
    return {};
  },
  call,
  stream,
  echo,
  flash,
});
await explored?.[Symbol.asyncDispose]();
