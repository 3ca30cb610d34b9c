import { expect } from 'vitest';
import type { Client, Machine } from '../../src/interfaces/index.ts';
import { type Check, describeChecks, type OpenSpecimen } from './check.ts';
import { methodChecksOf } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

type Calls = Client<typeof Machine>;

/** A machine that is on, whose guest has an agent. */
export interface AgentSpecimen extends Specimen<Calls> {
  /** What the guest's clock was set to, in milliseconds since 1970, where that can be seen. */
  guestTime?(): number | Promise<number>;
}

const method = methodChecksOf<Calls, AgentSpecimen>();
const TIME = '2031-05-06T07:08:09.000Z';

/** What every machine must do whose guest has an agent. */
export const agentChecks: readonly Check<AgentSpecimen>[] = [
  ...method({
    method: 'agentReady',
    call: (calls, options) => calls.agentReady(options),
    together: 'shared',
  }),
  ...method({
    method: 'agentExec',
    kind: 'stream',
    call: (calls, options) =>
      Array.fromAsync(
        calls.agentExec({ command: ['cat'], input: Buffer.from('heard').toString('base64') }, options),
      ),
    expect: (output) =>
      expect(output).toEqual([
        { stdout: Buffer.from('heard').toString('base64') },
        { exitCode: 0, signal: null, truncated: false },
      ]),
    wrong: [
      [],
      [{ command: [] }],
      [{ command: ['cat'], input: '%' }],
      [{ command: ['cat'], env: { '': '' } }],
    ],
    together: 'shared',
  }),
  ...method({
    method: 'agentSetTime',
    call: (calls, options) => calls.agentSetTime(TIME, options),
    expect: async (_, { guestTime }) => {
      if (guestTime) expect(Math.abs((await guestTime()) - Date.parse(TIME))).toBeLessThan(60_000);
    },
    wrong: [['noon'], [1], [TIME, 'one too many']],
    together: 'shared',
  }),
];

export const describeAgent = (title: string, open: OpenSpecimen<AgentSpecimen>) =>
  describeChecks(title, agentChecks, open);
