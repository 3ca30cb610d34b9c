import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { ConfigError } from '../core/index.ts';
import { Interruption } from './exit-code.ts';

/** Asks whoever sits at the terminal, or what is piped in; questions go to stderr. */
export interface Prompt extends Disposable {
  /** The answer, without spaces around it. @throws ConfigError when nobody answers */
  ask(question: string, options?: { readonly hidden?: boolean }): Promise<string>;
  /** True for yes. */
  confirm(question: string): Promise<boolean>;
}

export function openPrompt(): Prompt {
  let hidden = false;
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      if (hidden) done();
      else process.stderr.write(chunk, done);
    },
  });
  const lines = createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY });
  let interrupted = false;
  lines.on('SIGINT', () => {
    interrupted = true;
    lines.close();
  });
  const answers = lines[Symbol.asyncIterator]();
  const ask: Prompt['ask'] = async (question, options = {}) => {
    process.stderr.write(`${question}: `);
    hidden = options.hidden ?? false;
    const { value, done } = await answers.next();
    hidden = false;
    if (options.hidden || !process.stdin.isTTY) process.stderr.write('\n');
    if (interrupted) throw new Interruption('SIGINT');
    if (!done) return value.trim();
    throw new ConfigError(`${question}: there was no answer`, {
      issues: [{ path: '', message: 'no answer' }],
    });
  };
  return {
    ask,
    confirm: async (question) => /^y(es)?$/i.test(await ask(`${question} [y/N]`)),
    [Symbol.dispose]: () => lines.close(),
  };
}
