/** Serves a machine with the configuration of its first argument, switches it on, says where it is, and waits to be killed. */
import { pino } from 'pino';
import { qemu } from '../../src/drivers/qemu/index.ts';
import { serve, sessionOf } from '../../src/index.ts';

const vm = await serve(qemu(JSON.parse(process.argv[2] ?? '{}')), { log: pino({ level: 'silent' }) });
await vm.power.on();
const { command } = await vm.describe();
process.stdout.write(`${JSON.stringify({ target: sessionOf(vm).target, command })}\n`);
process.stdin.resume();
