import { expect } from 'vitest';
import type { CallOptions, Client, HttpServer, TftpServer } from '../../src/interfaces/index.ts';
import type { Check } from './check.ts';
import { methodChecksOf, rejection } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

/** A server that is stopped, and listens on 127.0.0.1 at any port. */
export interface FileServerSpecimen<C> extends Specimen<C> {
  /** Whether it serves at that port. */
  serves(port: number): Promise<boolean>;
}

type Server = Client<typeof TftpServer>;

/** What every server of files must do. */
export function fileServerChecks<C extends Server>(): readonly Check<FileServerSpecimen<C>>[] {
  const method = methodChecksOf<C, FileServerSpecimen<C>>();
  const serving = async ({ calls, serves }: FileServerSpecimen<C>) => serves(await calls.getPort());
  return [
    ...method({
      method: 'start',
      prepare: ({ calls }) => calls.stop(),
      call: (calls, options?: CallOptions) => calls.start(options),
      expect: async (answer, specimen) => {
        expect(answer).toBe(null);
        expect(await serving(specimen)).toBe(true);
      },
      together: 'shared',
    }),
    ...method({
      method: 'stop',
      prepare: ({ calls }) => calls.start(),
      call: async (calls, options?: CallOptions) => {
        const port = await calls.getPort();
        await calls.stop(options);
        return port;
      },
      expect: async (port, { calls, serves }) => {
        if (port !== 0) expect(await serves(port)).toBe(false);
        expect(await calls.getPort()).toBe(0);
      },
      together: 'shared',
    }),
    ...method({
      method: 'getHost',
      call: (calls, options?: CallOptions) => calls.getHost(options),
      expect: (host) => expect(host).toBe('127.0.0.1'),
      together: 'shared',
    }),
    ...method({
      method: 'getPort',
      prepare: ({ calls }) => calls.start(),
      call: (calls, options?: CallOptions) => calls.getPort(options),
      expect: (port) => expect(port).toBeGreaterThan(0),
      together: 'shared',
    }),
    {
      name: 'start of a server that serves, and stop of one that does not, do nothing',
      run: async (specimen) => {
        await specimen.calls.stop();
        await specimen.calls.start();
        const port = await specimen.calls.getPort();
        await specimen.calls.start();
        expect(await specimen.calls.getPort()).toBe(port);
        expect(await serving(specimen)).toBe(true);
        await specimen.calls.stop();
        await specimen.calls.stop();
        await specimen.calls.start();
        expect(await serving(specimen)).toBe(true);
      },
    },
  ];
}

type Http = Client<typeof HttpServer>;

/** What every driver of `http-server.v1` must do. */
export const httpServerChecks: readonly Check<FileServerSpecimen<Http>>[] = [
  ...fileServerChecks<Http>(),
  ...methodChecksOf<Http, FileServerSpecimen<Http>>()({
    method: 'getUrl',
    prepare: ({ calls }) => calls.start(),
    call: (calls, options) => calls.getUrl(options),
    expect: async (url, { calls }) => {
      expect(url).toBe(`http://127.0.0.1:${await calls.getPort()}`);
      await calls.stop();
      expect(await rejection(calls.getUrl())).toMatchObject({ code: 'state', needed: 'started' });
    },
    together: 'shared',
  }),
];

/** What every driver of `tftp-server.v1` must do. */
export const tftpServerChecks: readonly Check<FileServerSpecimen<Server>>[] = fileServerChecks<Server>();
