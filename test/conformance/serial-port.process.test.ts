import { serialPort } from '../../src/drivers/serial/index.ts';
import { openEchoServer } from '../fixtures/echo-servers.ts';
import { openPty } from '../fixtures/pty.ts';
import { openRfc2217Server } from '../fixtures/rfc2217-server.ts';
import { describeChecks } from './check.ts';
import { checkName } from './method-checks.ts';
import { type SerialSpecimen, serialChecks } from './serial.ts';
import { joined, serveSpecimen } from './specimen.ts';

/** Of a line that ends nowhere no end comes back. */
const lineChecks = serialChecks.filter(({ name }) => !name.startsWith('the end of what is written'));
const aboutLines = (name: string) => name.startsWith('setDtr') || name.startsWith('setRts');
const streamChecks = lineChecks.filter(({ name }) => !aboutLines(name));
/** A loop in the exporter cannot be pulled out. */
const loopChecks = serialChecks.filter(
  ({ name }) => !aboutLines(name) && name !== checkName('connect', 'deviceGone'),
);

/** Ports without control lines. */
const lines = () => ({ dtr: false, rts: false });

describeChecks<SerialSpecimen>('serialPort: rfc2217://', lineChecks, async () => {
  const server = await openRfc2217Server();
  const { port, breakDevice } = server;
  const driver = serialPort({ url: `rfc2217://127.0.0.1:${port}` });
  const specimen = { ...(await serveSpecimen(driver, { breakDevice })), lines: () => server.lines };
  return joined(specimen, server);
});

describeChecks<SerialSpecimen>('serialPort: socket://', streamChecks, async () => {
  const server = await openEchoServer({ host: '127.0.0.1', port: 0 });
  const { port, breakDevice } = server;
  const driver = serialPort({ url: `socket://127.0.0.1:${port}` });
  return joined({ ...(await serveSpecimen(driver, { breakDevice })), lines }, server);
});

describeChecks<SerialSpecimen>('serialPort: a device', streamChecks, async () => {
  const pty = await openPty();
  pty.output.pipe(pty.input);
  const specimen = await serveSpecimen(serialPort({ url: pty.path }), { breakDevice: () => pty.pullOut() });
  return joined({ ...specimen, lines }, pty);
});

describeChecks<SerialSpecimen>('serialPort: loop://', loopChecks, async () => ({
  ...(await serveSpecimen(serialPort({ url: 'loop://' }), { breakDevice: () => undefined })),
  lines,
}));
