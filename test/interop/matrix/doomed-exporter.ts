/** Our exporter with one TCP port, as a process of its own, so that it can be killed: says where it is, and waits. */

import { group } from '../../../src/driver/index.ts';
import { tcpNetwork } from '../../../src/drivers/std/index.ts';
import { openSession } from '../../../src/exporter/index.ts';

const [port] = process.argv.slice(2).map(Number);
const session = await openSession(group({ loss: tcpNetwork({ host: '127.0.0.1', port: port ?? 0 }) }));
process.stdout.write(`${session.socket}\n`);
process.stdin.resume().on('end', () => void session.close());
