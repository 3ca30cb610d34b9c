import { z } from 'zod';
import { findProgram, LaunchError, ProtocolError, runTool } from '../../core/index.ts';
import { type Arch, architectureOf } from './architectures.ts';
import type { QemuProgram } from './host-facts.ts';

export interface FindQemuOptions {
  readonly signal?: AbortSignal | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * The QEMU of this host for `arch`, and what it can do: asked over QMP, of a machine without anything.
 *
 * @throws LaunchError when there is none (it names the package) or it does not start, ProtocolError when it answers nonsense.
 */
export async function findQemu(arch: Arch, options: FindQemuOptions = {}): Promise<QemuProgram> {
  const { binary: name, packages } = architectureOf(arch);
  const binary = await findProgram([name], options.env);
  if (binary === undefined) throw missing(name, packages.qemu);
  const input = QUESTIONS.map((question) => `${JSON.stringify(question)}\n`).join('');
  const { stdout } = await runTool(binary, NOTHING, { input, signal: options.signal });
  const answers = parseAnswers(binary, stdout);
  const { major, minor, micro } = answers.version.qemu;
  return {
    binary,
    version: `${major}.${minor}.${micro}`,
    sandbox: answers.sandbox.length > 0,
    accelerators: new Set(answers.accelerators.map((type) => type.name.replace(/-accel$/, ''))),
    devices: new Set(answers.devices.map((type) => type.name)),
  };
}

const NOTHING = ['-M', 'none', '-no-user-config', '-nodefaults', '-display', 'none', '-qmp', 'stdio'];

const ask = (id: string, execute: string, parameters: object = {}) => ({
  id,
  execute,
  arguments: parameters,
});

const QUESTIONS = [
  ask('hello', 'qmp_capabilities'),
  ask('version', 'query-version'),
  ask('accelerators', 'qom-list-types', { implements: 'accel', abstract: false }),
  ask('devices', 'qom-list-types', { implements: 'device', abstract: false }),
  // The option is known only where it was built in.
  ask('sandbox', 'query-command-line-options', { option: 'sandbox' }),
  ask('bye', 'quit'),
];

const Types = z.array(z.object({ name: z.string() }));
const Answers = z.object({
  version: z.object({ qemu: z.object({ major: z.int(), minor: z.int(), micro: z.int() }) }),
  accelerators: Types,
  devices: Types,
  sandbox: z.array(z.unknown()).default([]),
});
const Line = z.object({ id: z.string(), return: z.unknown().optional() });

function parseAnswers(binary: string, output: string): z.output<typeof Answers> {
  try {
    const lines = output
      .trim()
      .split('\n')
      .map((line) => Line.safeParse(JSON.parse(line)).data);
    return Answers.parse(Object.fromEntries(lines.map((line) => [line?.id, line?.return])));
  } catch (cause) {
    const answer = output.slice(-2_000);
    const message = `${binary} did not answer as QEMU does: ${answer.slice(0, 200) || 'it said nothing'}`;
    throw new ProtocolError(message, { peer: binary, sent: 'query-version', answer }, { cause });
  }
}

function missing(name: string, debianPackage: string): LaunchError {
  const hint = `install it (Debian: ${debianPackage})`;
  return new LaunchError(
    `${name} is not installed; ${hint}`,
    { command: name, exitCode: null, signal: null, stderr: '', hint },
    { operation: 'open' },
  );
}
