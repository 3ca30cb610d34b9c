/**
 * A QEMU with firmware on an accelerator, as far as a proof can see: QMP on descriptor 3, the serial port on stdout. What
 * happens is the value of `-cpu`.
 */
import { Socket } from 'node:net';
import { argv, kill, pid, stderr, stdout } from 'node:process';
import { createInterface } from 'node:readline';

const happens = argv[argv.indexOf('-cpu') + 1];
const qmp = new Socket({ fd: 3 });
const say = (message: object) => qmp.write(`${JSON.stringify(message)}\r\n`);

say({ QMP: { version: { qemu: { major: 7, minor: 2, micro: 22 } }, capabilities: [] } });

switch (happens) {
  case 'works':
    stdout.write('UEFI firmware\r\n');
    break;
  case 'aborts':
    stderr.write('qemu: error: failed to set MSR 0x10a to 0x400000000\n');
    kill(pid, 'SIGABRT');
    break;
  case 'exits':
    stderr.write(
      'qemu: warning: TSC frequency mismatch\nqemu: failed to initialize kvm: Device or resource busy\n',
      () => process.exit(1),
    );
    break;
  default:
}

for await (const line of createInterface({ input: qmp })) {
  const { execute } = JSON.parse(line);
  if (execute === 'query-status') say({ return: { status: 'internal-error', running: false } });
  if (execute !== 'qmp_capabilities') continue;
  say({ return: {} });
  if (happens === 'stops') say({ event: 'STOP', data: {} });
}
