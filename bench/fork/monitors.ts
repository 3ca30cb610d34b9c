import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A control connection of a QEMU beside that of the driver. */
export interface Monitor {
  /** Runs a command of QMP. @throws Error with QEMU's answer, if that is an error */
  execute(command: string, args?: object): Promise<unknown>;
  /** A command of the human monitor, which answers with text; any text of these is an error. */
  human(line: string): Promise<void>;
}

/** Control connections of all QEMUs that are started with `args`. */
export interface Monitors extends AsyncDisposable {
  readonly args: readonly string[];
  /** That of the first QEMU. */
  readonly first: Promise<Monitor>;
}

/** Listens in `folder`, which QEMU must be able to enter, for what QEMUs connect to when they start. */
export async function openMonitors(folder: string): Promise<Monitors> {
  const path = join(folder, 'monitors');
  const sockets = new Set<Socket>();
  const { promise: first, resolve } = Promise.withResolvers<Monitor>();
  const server = createServer((socket) => {
    if (sockets.size === 0) resolve(openMonitor(socket));
    else socket.resume();
    sockets.add(socket.on('error', () => undefined));
  });
  server.listen(path);
  await once(server, 'listening');
  // QEMU may be another user's.
  await chmod(path, 0o777);
  return {
    args: ['-chardev', `socket,id=bench,path=${path}`, '-mon', 'chardev=bench,mode=control'],
    first,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function openMonitor(socket: Socket): Promise<Monitor> {
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const greeted = lines.next();
  const answer = async (command: string) => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`QEMU ended before it had answered ${command}`);
      const said = JSON.parse(value) as { error?: object; return?: unknown }; // SAFE: QMP
      if (said.error) throw new Error(`${command}: ${JSON.stringify(said.error)}`);
      if ('return' in said) return said.return;
    }
  };
  const execute = async (command: string, args: object = {}) => {
    socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    return await answer(command);
  };
  await greeted;
  await execute('qmp_capabilities');
  return {
    execute,
    human: async (line) => {
      const said = String(await execute('human-monitor-command', { 'command-line': line }));
      if (said.trim() !== '') throw new Error(`${line}: ${said}`);
    },
  };
}
