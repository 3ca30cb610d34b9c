import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** An address that routers know to lead out of this host; nothing is sent to it. */
const ELSEWHERE = '192.0.2.1';

/** The address by which other hosts know this one: that of the interface with the default route; loopback where there is none. */
export async function ownAddress(): Promise<string> {
  const socket = createSocket('udp4');
  try {
    socket.connect(9, ELSEWHERE);
    await once(socket, 'connect');
    return socket.address().address;
  } catch {
    return '127.0.0.1';
  } finally {
    socket.close();
  }
}
