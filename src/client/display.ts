import { resolve } from 'node:path';
import { ConfigError, ProtocolError, startDeadline, type WaitOptions } from '../core/index.ts';
import { type ByteChannel, Display, Network, Vnc } from '../interfaces/index.ts';
import { writeAtomically } from './atomic-file.ts';
import { closeWithSession } from './closing.ts';
import { registerHandle } from './handles.ts';
import { requireExtended } from './missing.ts';
import { createForward, type NetworkHandle } from './network.ts';
import type { RemoteNode, SessionInfo } from './node.ts';

export interface DisplayOptions {
  /** A port of 127.0.0.1 for the page; default: one that is free. */
  readonly port?: number;
  /** What the page calls the machine; default: what its screen calls itself. */
  readonly title?: string;
  readonly signal?: AbortSignal | undefined;
}

/** A page with the screen, served at 127.0.0.1 until it is closed. It needs nothing from any other server. */
export interface VncScreen extends AsyncDisposable {
  /** A link to the page. It works once, and then for the browser that opened it. */
  readonly url: string;
  /** Another such link. */
  createLink(): string;
  close(): Promise<void>;
}

/** As `VncScreen`, with pictures. */
export interface Screen extends VncScreen {
  /** What is on the screen, as a PNG; also written to `path` if there is one. */
  screenshot(path?: string, options?: WaitOptions): Promise<Uint8Array>;
}

/** The screen of a device by RFB (VNC). */
export interface VncHandle {
  /** Serves the page with the screen. */
  open(options?: DisplayOptions): Promise<VncScreen>;
  /** Opens a connection to the screen in the RFB protocol. */
  connect(options?: WaitOptions): Promise<ByteChannel>;
  /** Offers the screen in the RFB protocol on this host, for viewers of one's own. */
  readonly forward: NetworkHandle['forward'];
}

/** The screen of a machine. */
export interface DisplayHandle extends VncHandle {
  open(options?: DisplayOptions): Promise<Screen>;
  /** What is on the screen, as a PNG; also written to `path` if there is one. */
  screenshot(path?: string, options?: WaitOptions): Promise<Uint8Array>;
}

declare module './handles.ts' {
  interface HandleTypes {
    'display.v1': DisplayHandle;
    'vnc.v1': VncHandle;
  }
}

function createVnc(
  session: SessionInfo,
  connect: (options?: WaitOptions) => Promise<ByteChannel>,
): VncHandle {
  return {
    connect,
    forward: createForward(session, connect),
    open: async ({ port, title, signal: given } = {}) => {
      given?.throwIfAborted();
      const { openScreenPage } = await import('../web/index.ts');
      const page = await openScreenPage({ port, title, connect: (signal) => connect({ signal }) });
      const close = closeWithSession(session, () => page.close());
      return { url: page.url, createLink: () => page.createLink(), close, [Symbol.asyncDispose]: close };
    },
  };
}

registerHandle(Display, (node): DisplayHandle => {
  const { calls, session } = node;
  const vnc = createVnc(session, (options) => calls.connect(undefined, options));
  const screenshot = async (path?: string, options: WaitOptions = {}) => {
    requireExtended(node, 'screenshot', ['connect']);
    const png = await takePicture(node, options);
    if (path !== undefined) await writeAtomically(resolve(path), png);
    return png;
  };
  return { ...vnc, screenshot, open: async (options) => ({ ...(await vnc.open(options)), screenshot }) };
});

registerHandle(Vnc, (node): VncHandle => {
  const tcp = node.child('tcp', Network);
  if (tcp) return createVnc(node.session, (options) => tcp.calls.connect(undefined, options));
  const message = 'missing; a vnc node needs a child "tcp"';
  throw new ConfigError(`${node.path}: tcp: ${message}`, { issues: [{ path: 'tcp', message }] });
});

const PNG_SIGNATURE = '89504e470d0a1a0a';

async function takePicture({ calls }: RemoteNode<typeof Display>, options: WaitOptions): Promise<Uint8Array> {
  using deadline = startDeadline(options, { operation: 'display.screenshot', waitingFor: 'the picture' });
  await using channel = await calls.screenshot(undefined, { signal: deadline.signal });
  const png = Buffer.concat(await Array.fromAsync(channel));
  if (png.subarray(0, 8).toString('hex') === PNG_SIGNATURE) return png;
  throw new ProtocolError(
    `display.screenshot: the exporter sent ${png.length} bytes that are no PNG file`,
    { peer: 'exporter' },
    { operation: 'display.screenshot' },
  );
}
