import type { LogOrigin, SessionState } from '../rpc/index.ts';
import type { HookName, Hooks, OnHookFailure } from './hooks/hook.ts';
import { type MotdFile, openMotdFile } from './hooks/motd-file.ts';
import { runHook } from './hooks/run-hook.ts';
import type { ExporterSession } from './session.ts';

/** Somebody's use of a session, from the hook before it to the hook after it. */
export interface LeaseOptions {
  readonly hooks: Hooks;
  /** Hooks get it as `LEASE_NAME`. */
  readonly name: string;
  /** Whose lease it is; hooks get it as `CLIENT_NAME`. Empty where nobody knows. */
  readonly client?: string | undefined;
  /** What the environment of the hooks is made of; our own by default. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Gives the hook up. */
  readonly signal: AbortSignal;
}

/** What has come of a hook: all is well, or it failed and the lease is to end, or the whole exporter is. */
export type HookOutcome = 'ok' | 'endLease' | 'exit';

/** Clients show what begins so. */
const WARNING = '[HOOK_WARNING] ';

const READY = { state: 'LEASE_READY', message: 'Ready for commands' } as const;
const BEFORE = { state: 'BEFORE_LEASE_HOOK', message: 'Running beforeLease hook' } as const;

/** The status in which a session with these hooks begins. */
export function firstStatus({ beforeLease }: Hooks): { state: SessionState; message: string } {
  return beforeLease ? BEFORE : READY;
}

/**
 * Runs the hook before the lease on a session that is in its first status; calls are served meanwhile.
 *
 * @throws the reason of the signal
 */
export async function beginLease(session: ExporterSession, lease: LeaseOptions): Promise<HookOutcome> {
  if (!lease.hooks.beforeLease) return 'ok';
  await using motd = await openMotdFile();
  const failure = await runNamed('beforeLease', session, lease, motd);
  const text = await motd.read();
  if (text !== '') session.motd = session.motd === '' ? text : `${session.motd}\n${text}`;
  return conclude('beforeLease', session, failure, READY);
}

/**
 * Runs the hook after the lease. Not to be called when the one before it has ended the lease.
 *
 * @throws the reason of the signal
 */
export async function endLease(session: ExporterSession, lease: LeaseOptions): Promise<HookOutcome> {
  const available = { state: 'AVAILABLE', message: 'Available for new lease' } as const;
  if (!lease.hooks.afterLease) {
    session.status.update(available.state, available.message);
    return 'ok';
  }
  session.status.update('AFTER_LEASE_HOOK', 'Running afterLease hooks');
  const failure = await runNamed('afterLease', session, lease);
  return conclude('afterLease', session, failure, available);
}

interface Failure {
  readonly text: string;
  readonly onFailure: OnHookFailure;
}

const ORIGINS = {
  beforeLease: 'before-lease-hook',
  afterLease: 'after-lease-hook',
} as const satisfies Record<HookName, LogOrigin>;

async function runNamed(
  name: HookName,
  session: ExporterSession,
  { hooks, name: leaseName, client = '', env = process.env, signal }: LeaseOptions,
  motd?: MotdFile,
): Promise<Failure | undefined> {
  const hook = hooks[name];
  if (!hook) return undefined;
  const log = session.logOf(ORIGINS[name]);
  const situation = { socket: session.socket, leaseName, clientName: client, motdFile: motd?.path };
  const text = await runHook(hook, { signal, log, env, situation });
  if (text === undefined) return undefined;
  if (hook.onFailure === 'warn') log.warn(`${text} (onFailure: warn, going on)`);
  else log.error(`${text} (onFailure: ${hook.onFailure})`);
  return { text, onFailure: hook.onFailure };
}

function conclude(
  name: HookName,
  { status }: ExporterSession,
  failure: Failure | undefined,
  done: { readonly state: SessionState; readonly message: string },
): HookOutcome {
  if (!failure || failure.onFailure === 'warn') {
    const warning = failure && `${WARNING}${name} hook warning: ${failure.text}`;
    status.update(done.state, warning ?? done.message);
    return 'ok';
  }
  const isExit = failure.onFailure === 'exit';
  const how = isExit ? 'on_failure=exit, shutting down' : 'on_failure=endLease';
  const failed = name === 'beforeLease' ? 'BEFORE_LEASE_HOOK_FAILED' : 'AFTER_LEASE_HOOK_FAILED';
  status.update(failed, `${name} hook failed (${how}): ${failure.text}`);
  if (isExit) status.update('OFFLINE', `Exporter shutting down due to ${name} hook failure`);
  return failure.onFailure;
}
