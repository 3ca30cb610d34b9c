import { spawnSync } from 'node:child_process';
import { ConfigError } from '../../../core/index.ts';

export interface Size {
  readonly rows: number;
  readonly columns: number;
}

/** The user's terminal, whose keys come one by one and unchanged: also Ctrl-C. */
export interface RawTerminal extends Disposable {
  /** What is typed; ends with the terminal, or when it is disposed of. */
  readonly keys: AsyncIterable<Uint8Array>;
  readonly size: Size;
  /** Calls back after each change of the size. */
  onResize(listener: (size: Size) => void): void;
}

/** Makes the terminal raw until it is disposed of. @throws ConfigError where stdin or stdout is none */
export function openRawTerminal(hint: string): RawTerminal {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) {
    const message = `${stdin.isTTY ? 'stdout' : 'stdin'} is no terminal; ${hint}`;
    throw new ConfigError(message, { issues: [{ path: '', message }] });
  }
  using stack = new DisposableStack();
  const size = (): Size => ({ rows: stdout.rows, columns: stdout.columns });
  stdin.setRawMode(true);
  // Node leaves on that a line feed returns the carriage, which breaks full-screen programs. Undone with the raw mode.
  spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
  stack.defer(() => {
    stdin.setRawMode(false);
    // Nothing more is read: the process may end.
    stdin.destroy();
  });
  const held = stack.move();
  return {
    keys: stdin.iterator({ destroyOnReturn: false }),
    get size() {
      return size();
    },
    onResize: (listener) => {
      const onResize = () => listener(size());
      stdout.on('resize', onResize);
      held.defer(() => stdout.off('resize', onResize));
    },
    [Symbol.dispose]: () => held.dispose(),
  };
}
