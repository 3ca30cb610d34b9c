import { stat } from 'node:fs/promises';
import { ConfigError, formatDuration, parseDuration, startDeadline } from '../../core/index.ts';
import { type CallContext, defineDriver } from '../../driver/index.ts';
import { Shell, type ShellOutput, TIME_WAS_UP } from '../../interfaces/index.ts';
import { emitted } from '../std/index.ts';
import { ShellConfig } from './config.ts';
import { runScript } from './run-script.ts';

/**
 * Scripts that clients may run on the exporter's host: those of the configuration, with arguments and variables of theirs. A
 * script gets its name as `$0` and its arguments as `$1` and so on; it has no input.
 */
export const shell = defineDriver({
  name: 'shell',
  interface: Shell,
  config: ShellConfig,
  help: describeMethods,
  open: (config) => ({
    getMethods: async () => Object.keys(config.methods),
    callMethod: (method, env, args, context) =>
      emitted((emit) => callMethod(config, { method, env: env ?? {}, args }, emit, context)),
  }),
});

function describeMethods({ methods }: ShellConfig): Record<string, string> {
  const described = Object.entries(methods).flatMap(([name, script]) =>
    typeof script === 'object' && script.description ? [[name, script.description]] : [],
  );
  return Object.fromEntries(described);
}

interface MethodCall {
  readonly method: string;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

async function callMethod(
  config: ShellConfig,
  { method, env, args }: MethodCall,
  emit: (output: ShellOutput) => Promise<void>,
  { signal, log }: CallContext,
): Promise<void> {
  const { command, timeout } = findScript(config, method);
  await checkFolder(config.cwd);
  log.info({ args }, `calling ${method}`);
  const [program = 'bash', ...before] = config.shell;
  const run = {
    argv: [program, ...before, command, method, ...args],
    cwd: config.cwd,
    env,
    grace: parseDuration(config.grace),
  } as const;
  using limit = startDeadline({ timeout, signal }, { operation: method, waitingFor: 'its end' });
  const take = (stream: 'stdout' | 'stderr', text: string) =>
    emit(stream === 'stdout' ? [text, '', null] : ['', text, null]);
  const code = await runScript(run, take, limit.signal);
  signal.throwIfAborted();
  if (limit.signal.aborted) {
    const after = formatDuration(parseDuration(timeout));
    log.warn({ method, after }, `${method} was stopped: its time was up`);
    await emit([
      '',
      `\nTimeout expired while running ${method}: it was stopped after ${after}\n`,
      TIME_WAS_UP,
    ]);
    return;
  }
  if (code !== 0) log.info({ method, code }, `${method} ended with ${code}`);
  await emit(['', '', code]);
}

/** @throws ConfigError that names the scripts there are */
function findScript({ methods, timeout }: ShellConfig, method: string) {
  const script = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (typeof script === 'string') return { command: script, timeout };
  if (script) return { command: script.command, timeout: script.timeout ?? timeout };
  const known = Object.keys(methods);
  const message = `argument method: got ${JSON.stringify(method)}; there is: ${known.join(', ') || 'none'}`;
  throw new ConfigError(message, { issues: [{ path: 'method', message }] });
}

async function checkFolder(cwd: string | undefined): Promise<void> {
  if (cwd === undefined) return;
  const isFolder = await stat(cwd).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) return;
  const message = `got ${JSON.stringify(cwd)}, which is no folder`;
  throw new ConfigError(`shell: cwd: ${message}`, { issues: [{ path: 'cwd', message }] });
}
