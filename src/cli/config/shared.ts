import { execa } from 'execa';
import { ConfigError, LaunchError, quoteWord } from '../../core/index.ts';
import type { Prompt } from '../prompt.ts';

/** What every command takes that writes a configuration. */
export interface CreateOptions {
  readonly namespace?: string;
  readonly name?: string;
  readonly endpoint?: string;
  readonly token?: string;
  readonly insecureTls?: boolean;
  readonly nointeractive?: boolean;
  readonly output?: 'path';
}

/** A field of a configuration that somebody has to say. */
export interface Question {
  readonly option: string;
  readonly question: string;
  /** What was given on the command line, or by the environment. */
  readonly given: string | undefined;
  readonly hidden?: boolean;
  /** It may be left out. */
  readonly optional?: boolean;
}

/** The answer: what was given, or what is said to the prompt. @throws ConfigError when it is needed and nobody says it */
export async function answer(
  { option, question, given, hidden = false, optional = false }: Question,
  prompt: Prompt | undefined,
): Promise<string> {
  const value = given ?? (await prompt?.ask(question, { hidden })) ?? '';
  if (value !== '' || optional) return value;
  throw new ConfigError(`${option} is missing`, { issues: [{ path: option, message: 'missing' }] });
}

/** Asks whether certificates are really not to be checked. @throws ConfigError when they are */
export async function confirmInsecure(
  { insecureTls = false, nointeractive = false }: CreateOptions,
  prompt: Prompt | undefined,
): Promise<void> {
  if (!insecureTls || nointeractive) return;
  if (
    await prompt?.confirm(
      'Without checking certificates anyone on the way can pretend to be the controller. Go on?',
    )
  )
    return;
  const message = 'certificates are to be checked after all; nothing was written';
  throw new ConfigError(message, { issues: [{ path: '--insecure-tls', message }] });
}

/** Says where something was written, or removed: the path alone to stdout where a program asks for it. */
export function tell(what: string, path: string, { output }: { readonly output?: 'path' }): void {
  if (output === 'path') process.stdout.write(`${path}\n`);
  else process.stderr.write(`${what} ${path}\n`);
}

/** Opens `file` in the user's editor and waits for its end. @throws LaunchError when that goes wrong */
export async function openEditor(file: string): Promise<void> {
  const editor = process.env['VISUAL'] || process.env['EDITOR'] || 'vi';
  const command = `${editor} ${quoteWord(file)}`;
  const { failed, exitCode, signal } = await execa(command, { shell: true, stdio: 'inherit', reject: false });
  if (!failed) return;
  throw new LaunchError(`the editor failed: ${command}`, {
    ...{ command, exitCode: exitCode ?? null, signal: signal ?? null, stderr: '' },
    hint: 'the environment variables VISUAL and EDITOR name it',
  });
}
