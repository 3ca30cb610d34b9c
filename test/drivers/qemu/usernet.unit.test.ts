import { expect, test } from 'vitest';
import { matchForwards, parseUsernet } from '../../../src/drivers/qemu/usernet.ts';

/** As QEMU 7.2 writes it. */
const TEXT = `net:
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
  TCP[HOST_FORWARD]  14       127.0.0.1 40229       10.0.2.15    22     0     0
  TCP[HOST_FORWARD]  15       127.0.0.1  8080       10.0.2.15    80     0     0
  TCP[HOST_FORWARD]  16       127.0.0.1 43263       10.0.2.15    80     0     0
  TCP[ESTABLISHED]   17       127.0.0.1 40229       10.0.2.15    22     0     0
  UDP[237 sec]       18       10.0.2.15 57190        10.0.2.3    53     0     0
`;

test('reads the forwards, and only those', () => {
  expect(parseUsernet(TEXT)).toEqual([
    { host: '127.0.0.1', hostPort: 40_229, guestPort: 22 },
    { host: '127.0.0.1', hostPort: 8_080, guestPort: 80 },
    { host: '127.0.0.1', hostPort: 43_263, guestPort: 80 },
  ]);
});

test('a forward with a port of its own keeps it; one that takes any gets what is left', () => {
  const host = '127.0.0.1';
  const planned = [
    { name: 'any', host, hostPort: 0, guestPort: 80 },
    { name: 'web', host, hostPort: 8_080, guestPort: 80 },
    { name: 'ssh', host, hostPort: 0, guestPort: 22 },
    { name: 'lost', host, hostPort: 0, guestPort: 99 },
  ];
  expect(matchForwards(planned, parseUsernet(TEXT))).toEqual({
    any: { host, hostPort: 43_263, guestPort: 80 },
    web: { host, hostPort: 8_080, guestPort: 80 },
    ssh: { host, hostPort: 40_229, guestPort: 22 },
  });
});
