import { expect, it } from 'vitest';
import { serialPort } from '../../../src/drivers/serial/index.ts';
import { parseSerialUrl } from '../../../src/drivers/serial/serial-url.ts';

it.each([
  ['/dev/ttyUSB0', { kind: 'device', path: '/dev/ttyUSB0' }],
  ['COM3', { kind: 'device', path: 'COM3' }],
  ['loop://', { kind: 'loop' }],
  ['loop://?logging=debug', { kind: 'loop' }],
  ['socket://lab-7:2001', { kind: 'socket', host: 'lab-7', port: 2001 }],
  ['socket://[::1]:80?logging=debug', { kind: 'socket', host: '::1', port: 80 }],
  [
    'rfc2217://lab-7:2217',
    { kind: 'rfc2217', host: 'lab-7', port: 2217, patience: 3_000, confirmsControl: true },
  ],
  [
    'rfc2217://10.0.0.1:23?ign_set_control&timeout=0.5&poll_modem',
    { kind: 'rfc2217', host: '10.0.0.1', port: 23, patience: 500, confirmsControl: false },
  ],
])('reads %s', (url, address) => expect(parseSerialUrl(url)).toEqual(address));

it.each([
  ['socket://lab-7', 'expected socket://HOST:PORT'],
  ['rfc2217://:2217', 'expected rfc2217://HOST:PORT'],
  ['socket://lab-7:99999', 'expected socket://HOST:PORT'],
  ['rfc2217://h:1?tiemout=3', 'rfc2217:// has no option tiemout; expected timeout or ign_set_control'],
  ['rfc2217://h:1?timeout=soon', 'expected the option timeout in seconds'],
  ['socket://h:1?timeout=3', 'socket:// has no option timeout'],
  ['spy:///dev/ttyUSB0', 'expected a device such as /dev/ttyUSB0, socket://, rfc2217:// or loop://'],
])('says what is wrong with %s', (url, problem) => {
  expect(() => serialPort({ url })).toThrow(`url: got ${JSON.stringify(url)}; ${problem}`);
});
