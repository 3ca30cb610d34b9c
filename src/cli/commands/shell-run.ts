import { ConfigError, mistake, UnsupportedError } from '../../core/index.ts';
import { ExitStatus } from '../exit-code.ts';
import { type ExporterSource, loadExporter } from '../exporter-source.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { openOwnCommands } from '../own-commands.ts';
import { PASSPHRASE_VARIABLE } from '../passphrase.ts';
import { openLog } from '../run/text-log.ts';
import { type DirectOptions, planDirect } from '../shell/direct.ts';
import { openDirect, openLocal, type ShellSession } from '../shell/open.ts';
import { planShell, shellEnvironment } from '../shell/plan-shell.ts';
import { runCommand } from '../shell/run-command.ts';

export interface ShellOptions extends ExporterSource, DirectOptions {
  readonly exporterLogs?: boolean | undefined;
}

/** Runs a shell or `words` with a device at hand. `lease`: the option of a lease that was given. */
export async function runShell(
  words: readonly string[],
  options: ShellOptions,
  lease: string | undefined,
): Promise<void> {
  if (lease !== undefined) throw noLeases(lease);
  await using session = await open(options);
  if (words.length === 0 && session.motd !== '') process.stdout.write(`${session.motd}\n`);
  await using commands = await openOwnCommands();
  const env = commands.withPath(shellEnvironment(process.env, session));
  const [program, ...args] = words;
  const plan = planShell(session.name, env);
  const code =
    program === undefined
      ? await runCommand(plan.program, plan.args, { ...env, ...plan.env })
      : await runCommand(program, args, env);
  using _ = listenForInterrupts(); // While the devices are closed.
  await session.close();
  if (code !== 0) throw new ExitStatus(code);
}

/** Opens what the options name; until that is done, a signal gives it up. */
async function open(options: ShellOptions): Promise<ShellSession> {
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  const { exporter, exporterConfig, tlsGrpc, exporterLogs = false } = options;
  const given = exporter ?? exporterConfig;
  if (given !== undefined && tlsGrpc !== undefined)
    throw mistake('--tls-grpc', 'name an exporter file or an exporter that listens, not both');
  const direct = await planDirect(options, process.env);
  if (direct) return await openDirect(direct, { exporterLogs, signal });
  if (given === undefined) throw noDevice();
  delete process.env[PASSPHRASE_VARIABLE];
  const file = await loadExporter(options);
  for (const notice of file.notices) process.stderr.write(`note: ${notice}\n`);
  return await openLocal(file, { log: openLog(exporterLogs ? 'info' : 'warn', 'text'), signal });
}

const NOT_YET = 'jumplead does not speak to controllers yet, and leases are theirs';

function noLeases(option: string): UnsupportedError {
  const available = ['--exporter', '--exporter-config', '--tls-grpc'];
  return new UnsupportedError(`${option}: ${NOT_YET}; there are ${available.join(', ')}`, {
    capability: 'leases',
    available,
  });
}

function noDevice(): ConfigError {
  const message = [
    'no device is named:',
    '  of an exporter file: --exporter-config FILE, or --exporter ALIAS',
    '  of an exporter that listens: --tls-grpc HOST:PORT',
    `  by a lease: ${NOT_YET}`,
  ].join('\n');
  return new ConfigError(message, { issues: [{ path: '', message }] });
}
