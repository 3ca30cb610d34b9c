import { pino } from 'pino';
import type { Driver } from '../../src/driver/index.ts';
import {
  mockFlasher,
  mockPower,
  mockStorageMux,
  mockStorageMuxFlasher,
} from '../../src/drivers/mock/index.ts';
import type { Interface } from '../../src/interfaces/index.ts';
import { describeFlasher } from './flasher.ts';
import { describeMeteredPower } from './power.ts';
import { type DeviceControl, serveSpecimen } from './specimen.ts';
import { describeStorageMux } from './storage-mux.ts';

type Side = 'host' | 'dut' | 'off';

/** A mock has no device that could go away. */
const nothingToBreak: DeviceControl = { breakDevice: () => undefined };

/** A log, and the last line in it that `read` makes something of. */
function lastLine<T>(read: (line: Record<string, unknown>) => T | undefined, before: T) {
  let last = before;
  const write = (text: string) => {
    last = read(JSON.parse(text)) ?? last;
  };
  return { log: pino({ level: 'debug' }, { write }), last: () => last };
}

describeMeteredPower('mockPower', async () => {
  const { log, last } = lastLine(
    ({ msg }) => (/^power (on|off)$/.test(String(msg)) ? msg : undefined),
    'none',
  );
  return { ...(await serveSpecimen(mockPower(), nothingToBreak, log)), isOn: () => last() === 'power on' };
});

describeFlasher('mockFlasher', () => serveSpecimen(mockFlasher(), nothingToBreak));

/** To whom the medium is connected, as the mock logs it. */
function openMux<I extends Interface>(mock: Driver<I>) {
  const { log, last } = lastLine(({ side }) => side as Side, 'off' as Side); // SAFE: the mock logs it so
  return serveSpecimen(mock, nothingToBreak, log).then((specimen) => ({ ...specimen, side: last }));
}

describeStorageMux('mockStorageMux', () => openMux(mockStorageMux()));
describeStorageMux('mockStorageMuxFlasher', () => openMux(mockStorageMuxFlasher()));
