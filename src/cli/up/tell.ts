import type { MachineDescription } from '../../interfaces/index.ts';
import { alignColumns } from '../table.ts';

/** What there is to be told of a machine that is on. */
export interface Told {
  /** Where other processes of this user reach it. */
  readonly host: string;
  readonly page: string;
  readonly username: string;
  readonly forwards: MachineDescription['forwards'];
}

/** What a person can do with the machine. */
export function tellUse({ host, page, username, forwards }: Told): string {
  const ports = Object.values(forwards)
    .filter(({ guestPort }) => guestPort !== 22)
    .map(({ host: at, hostPort, guestPort }) => [`port ${guestPort}`, `${at}:${hostPort}`]);
  const commands = [
    ['jl ssh', `logs in by key, as ${username}`],
    ['jl console', 'its serial console; Ctrl-B three times leaves'],
    ['jl snapshot save ready', 'then: jl fork ready -- COMMAND'],
    ['jl --help', 'all that there is'],
  ];
  return `
${alignColumns([['screen', page], ...ports, ['elsewhere', `export JUMPSTARTER_HOST=${host}`]])}
${alignColumns(commands)}
Ctrl-C ends the machine, and nothing is left of it.
`;
}

/** What is worth a line of what happens to the machine later. */
const NEWS: Readonly<Record<string, string>> = {
  EXIT: 'the machine is off; `jl power on` boots it again',
  POWER_ON: 'the machine is on',
  RESET: 'the machine was reset',
  GUEST_PANICKED: 'the guest has panicked; its console says why: jl console',
};

/** What there is to be said of an event of the machine; `undefined`: nothing. */
export const tellEvent = (event: string): string | undefined => NEWS[event];
