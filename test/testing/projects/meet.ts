import { once } from 'node:events';
import { connect } from 'node:net';

/** Resolves when as many as the test wants have come here. */
export async function meet(): Promise<void> {
  const socket = connect(process.env['MEETING'] ?? '');
  await once(socket, 'data');
  socket.destroy();
}
