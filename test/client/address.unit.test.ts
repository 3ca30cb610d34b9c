import { expect, test } from 'vitest';
import { readAddress } from '../../src/client/address.ts';

test.for([
  ['/run/x/socket', { path: '/run/x/socket' }],
  ['./relative:1234', { path: './relative:1234' }],
  ['socket', { path: 'socket' }],
  ['lab-7:19090', { host: 'lab-7', port: 19_090, tls: { fingerprint: undefined } }],
  ['[::1]:80', { host: '::1', port: 80, tls: { fingerprint: undefined } }],
  ['lab-7:0', { path: 'lab-7:0' }],
  ['lab-7:99999', { path: 'lab-7:99999' }],
] as const)('%s', ([address, target]) => {
  expect(readAddress(address)).toEqual({ target, name: address });
});

test('plain TCP has to be asked for', () => {
  const { target } = readAddress('lab-7:19090', { insecure: true });
  expect(target).toEqual({ host: 'lab-7', port: 19_090, insecure: true });
});

test.for([
  [{ insecure: true, fingerprint: 'ab' }, 'fingerprint'],
  [{ insecure: true, tls: {} }, 'tls'],
] as const)('%j contradicts itself', ([options, field]) => {
  expect(() => readAddress('lab-7:19090', options)).toThrow(
    `cannot connect: ${field} has no meaning together with insecure: true`,
  );
});
