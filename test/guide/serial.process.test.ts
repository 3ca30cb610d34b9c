import { serve } from 'jumplead';
import { serialPort } from 'jumplead/drivers';
import { expect, test } from 'vitest';
import { channelFromSocket } from '../../src/drivers/std/index.ts';
import { openListener } from '../fixtures/listener.ts';
import { openShellOnTty } from '../fixtures/shell-on-tty.ts';

test('the page about serial ports', async () => {
  // What is at the other end of the line: a shell on a terminal.
  await using board = await openListener(async (socket) => {
    await using line = channelFromSocket(socket, 'the line');
    await using shell = openShellOnTty(['sh']);
    const outgoing = (async () => {
      for await (const chunk of shell) await line.write(chunk);
    })();
    for await (const chunk of line) await shell.write(chunk);
    await shell[Symbol.asyncDispose]();
    await outgoing.catch(() => undefined);
  });
  const url = `socket://127.0.0.1:${board.port}`;
  // #region use
  await using serial = await serve(serialPort({ url, baudrate: 115_200 }));
  await using tty = await serial.open();
  await tty.sendLine('echo "ready: $((6 * 7))"');
  const { match } = await tty.expect(/ready: (\d+)\r\n/);
  const { stdout } = await tty.run(['printf', '%s', "it's me"]);
  // #endregion
  expect([match?.[1], stdout]).toEqual(['42', "it's me"]);
});
