// node exporter.mjs PACKAGE tree|qemu [CONFIG]: serves drivers on a private socket, and tells where when it is asked.
import { answerRequests, load } from './answer.mjs';

const [, , , what, config = '{}'] = process.argv;
/** @type {typeof import('jumplead/exporter')} */
const { openSession } = await load('exporter/index.js');

/** @returns {Promise<import('jumplead/driver').Driver>} */
async function driver() {
  if (what === 'qemu') {
    /** @type {typeof import('jumplead/qemu')} */
    const { qemu } = await load('drivers/qemu/index.js');
    return qemu(JSON.parse(config));
  }
  return (await import('./tree.mjs')).tree();
}

await using session = await openSession(await driver());
await answerRequests({ socket: async () => ({ socket: session.socket }) });
