import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A program that is told what to do, one line of JSON each on its standard input, and answers each with one. */
export interface Worker extends AsyncDisposable {
  readonly pid: number;
  /** @throws Error with what the program says went wrong */
  ask(request: object): Promise<Record<string, unknown>>;
}

/** Starts a worker. Disposing of it ends its input, and waits until it has gone. */
export async function openWorker(command: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Worker> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  await once(child, 'spawn');
  const gone = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: Number(child.pid),
    ask: async (request) => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      if (done)
        throw new Error(`${command.join(' ')} ended before it had answered ${JSON.stringify(request)}`);
      const answer = JSON.parse(value) as Record<string, unknown>; // SAFE: our own programs
      if (typeof answer['error'] === 'string') throw new Error(answer['error']);
      return answer;
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await gone;
    },
  };
}
