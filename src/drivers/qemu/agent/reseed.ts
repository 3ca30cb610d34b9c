import { randomBytes } from 'node:crypto';
import { DeviceError, UnsupportedError } from '../../../core/index.ts';
import { execInGuest } from './exec.ts';
import type { GuestAgent } from './guest-agent.ts';

/** What the kernel's pool holds, and more than it needs. */
const SEED_BYTES = 64;
/** `RNDRESEEDCRNG`: what was written to the device counts from now on, not in a minute. */
const RESEED = 0x5207;

const PERL = `
sysread(STDIN, my $seed, ${SEED_BYTES}) == ${SEED_BYTES} or die "no seed\\n";
open(my $device, ">", "/dev/urandom") or die "/dev/urandom: $!\\n";
syswrite($device, $seed) == ${SEED_BYTES} or die "/dev/urandom: $!\\n";
ioctl($device, ${RESEED}, 0) or die "RNDRESEEDCRNG: $!\\n";
`;
const PYTHON = `
import fcntl, os
seed = os.read(0, ${SEED_BYTES})
assert len(seed) == ${SEED_BYTES}, "no seed"
device = os.open("/dev/urandom", os.O_WRONLY)
os.write(device, seed)
fcntl.ioctl(device, ${RESEED})
`;

/** The exit code for a guest that has neither. It is none of theirs. */
const NEITHER = 93;
/** Perl is part of every Debian, and starts several times faster; Fedora's images have Python. */
const SCRIPT = `
if command -v perl >/dev/null 2>&1; then exec perl -e "$1"; fi
if command -v python3 >/dev/null 2>&1; then exec python3 -c "$2"; fi
exit ${NEITHER}
`;

/**
 * Gives the guest's kernel randomness that nobody else has: all that it hands out afterwards is another than in a guest with the
 * same past. The shell has no way to do it: writing to `/dev/urandom` alone changes nothing for up to a minute.
 *
 * @throws UnsupportedError when the guest has no agent, or neither Perl nor Python; otherwise as `GuestAgent.ask`.
 */
export async function reseedGuest(agent: GuestAgent, signal: AbortSignal): Promise<void> {
  const input = randomBytes(SEED_BYTES).toString('base64');
  const command: [string, ...string[]] = ['sh', '-c', SCRIPT, 'sh', PERL, PYTHON];
  let said = '';
  for await (const item of execInGuest(agent, { command, input }, signal)) {
    if ('stderr' in item) said += Buffer.from(item.stderr, 'base64').toString();
    if (!('exitCode' in item) || item.exitCode === 0) continue;
    if (item.exitCode === NEITHER) throw noInterpreter();
    const message = `agent: the guest's kernel did not take new randomness: ${said.trim()}`;
    throw new DeviceError(message, { event: 'RESEED_FAILED', tail: said }, { operation: 'agent' });
  }
}

function noInterpreter(): UnsupportedError {
  return new UnsupportedError(
    'agent: the guest has neither perl nor python3, one of which it takes to renew its randomness',
    { capability: 'reseed', available: [] },
    { operation: 'agent' },
  );
}
