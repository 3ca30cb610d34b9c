import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ParsedKey } from 'ssh2';
import { listening } from '../../core/index.ts';
import { networkUrl } from '../std/index.ts';
import { type RunCommand, serveSession } from './ssh-session.ts';

/** Who may log in, and how. */
export interface SshAccount {
  readonly username: string;
  /** In OpenSSH's formats. */
  readonly privateKey: string;
  readonly password: string | null;
}

/** An ssh server on a port of the loopback interface. */
export interface SshServer extends AsyncDisposable {
  readonly port: number;
  /** `tcp://127.0.0.1:PORT`. */
  readonly address: string;
  /** Ends every connection at once. */
  disconnect(): void;
}

/** ECDSA: of the ed25519 keys that ssh2 makes, one in 250 cannot be read (its issue 1513). */
export const createSshKey = (): string => ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).private;

/** Starts an ssh server for one account, whose commands are played by `run`. */
export async function openSshServer(account: SshAccount, run: RunCommand): Promise<SshServer> {
  const key = parsePrivateKey(account.privateKey);
  const ssh = new ssh2.Server({ hostKeys: [createSshKey()] }, (client) =>
    serveClient(client, account, key, run),
  );
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  const disconnect = () => {
    for (const socket of sockets) socket.destroy();
  };
  listener.listen(0, '127.0.0.1');
  await listening(listener);
  const { port } = listener.address() as AddressInfo; // SAFE: it listens on a TCP port
  return {
    port,
    address: networkUrl('tcp', '127.0.0.1', port),
    disconnect,
    async [Symbol.asyncDispose]() {
      const closed = once(listener, 'close');
      listener.close();
      disconnect();
      await closed;
    },
  };
}

function serveClient(client: Connection, account: SshAccount, key: ParsedKey, run: RunCommand): void {
  client.on('authentication', (attempt) => {
    if (attempt.username === account.username && proves(attempt, account, key)) attempt.accept();
    else attempt.reject(account.password === null ? ['publickey'] : ['publickey', 'password']);
  });
  client.on('session', (accept) => serveSession(accept(), run));
  // A client that vanishes is no event for a server.
  client.on('error', () => undefined);
}

/** True when the client knows the password or has the private key (or asks whether that key would do). */
function proves(attempt: AuthContext, { password }: SshAccount, key: ParsedKey): boolean {
  if (attempt.method === 'password') return password !== null && attempt.password === password;
  if (attempt.method !== 'publickey' || !attempt.key.data.equals(key.getPublicSSH())) return false;
  if (!attempt.signature || !attempt.blob) return true;
  return key.verify(attempt.blob, attempt.signature, attempt.hashAlgo) === true;
}

function parsePrivateKey(text: string): ParsedKey {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw key;
  return key;
}
