import { z } from 'zod';
import { DeviceError, UnsupportedError } from '../../core/index.ts';
import type { SshRunOptions } from '../ssh/ssh-run.ts';
import type { SshSession } from '../ssh/ssh-session.ts';
import { requirePart } from './needs.ts';
import { overSsh } from './over-ssh.ts';
import type { HasSsh } from './ssh.ts';
import type { Wait } from './wait.ts';

/** How cloud-init has ended. */
export interface CloudInitResult {
  /** It has come to its end, but not everything went well. */
  readonly degraded: boolean;
  /** What it says of that. */
  readonly problems: readonly string[];
}

export interface CloudInitOptions {
  /** Takes an end that is degraded for a failure. Default: it is told in the result. */
  readonly strict?: boolean;
}

/**
 * Waits over ssh until cloud-init (22.4 or later) has come to its end in the guest. Fails when it ends with errors or is
 * disabled.
 */
export function cloudInit({ strict = false }: CloudInitOptions = {}): Wait<HasSsh, CloudInitResult> {
  return {
    name: 'cloud-init',
    prepare: async (scope) => {
      requirePart(scope.device, 'ssh', ['connect'], 'cloud-init');
      return ({ signal, saw }) =>
        overSsh(scope, { signal, saw }, async (session) => {
          const now = await askStatus(session, [], { signal, faults: scope.faults });
          saw(describeStatus(now));
          const end =
            now.status === 'running'
              ? await askStatus(session, ['--wait'], { signal, faults: scope.faults })
              : now;
          return judge(end, strict);
        });
    },
  };
}

const Status = z.object({
  status: z.string(),
  extended_status: z.string().optional(),
  stage: z.string().nullish(),
  detail: z.string().default(''),
  errors: z.array(z.string()).default([]),
  /** By level, since 23.4. */
  recoverable_errors: z.record(z.string(), z.array(z.string())).default({}),
});
type Status = z.output<typeof Status>;

async function askStatus(session: SshSession, options: string[], waits: SshRunOptions): Promise<Status> {
  const command = ['cloud-init', 'status', ...options, '--format=json'];
  const { stdout, stderr, exitCode } = await session.run(command, {
    ...waits,
    reject: false,
    timeout: undefined,
  });
  // The exit code is that of the status, except where there is none.
  if (!stdout.includes('{')) throw cannotTell(stderr, exitCode);
  return Status.parse(JSON.parse(stdout.slice(stdout.indexOf('{'))));
}

function cannotTell(stderr: string, exitCode: number | null): UnsupportedError {
  const why =
    exitCode === 127 ? 'it is not installed' : 'it cannot tell its status as JSON, as 22.4 and later do';
  return new UnsupportedError(
    [`cloud-init of the guest cannot be waited for: ${why}`, stderr.trimEnd()].join('\n'),
    { capability: 'cloud-init status --format=json', available: [] },
    { operation: 'waitFor' },
  );
}

function describeStatus({ status, extended_status: extended = status, stage }: Status): string {
  return `status ${extended}${stage ? `, stage ${stage}` : ''}`;
}

/** Its units may not have been started when ssh is there. */
const UNFINISHED: ReadonlySet<string> = new Set(['not run', 'not started', 'running']);

function judge(end: Status, strict: boolean): CloudInitResult {
  const said = describeStatus(end);
  const problems = [...end.errors, ...Object.values(end.recoverable_errors).flat()];
  const degraded = said.includes('degraded') || problems.length > 0;
  if (end.status === 'done' && !(strict && degraded)) return { degraded, problems };
  if (UNFINISHED.has(end.status)) throw new Error(said);
  throw new DeviceError(
    [`cloud-init ended with ${said}`, ...(problems.length > 0 ? problems : [end.detail])]
      .join('\n')
      .trimEnd(),
    { event: 'cloud-init', tail: problems.join('\n') },
    { operation: 'waitFor' },
  );
}
