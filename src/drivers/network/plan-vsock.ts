/** A port of a virtual machine, or of the host of one. */
export interface VsockAddress {
  /** 2: the host, 1: this machine itself, 3 and up: a guest. */
  readonly cid: number;
  readonly port: number;
}

/** A program and its arguments. */
export interface VsockPlan {
  readonly target: string;
  readonly program: string;
  readonly args: readonly string[];
  /** What the program says on stderr once it is connected. */
  readonly connected: RegExp;
}

/** How long socat goes on in one direction after the end of the other: seconds, of which there are never too many. */
const AFTER_THE_END = 1_000_000_000;

/** Node knows no AF_VSOCK: socat connects, and its stdin and stdout are the stream. */
export function planVsock({ cid, port }: VsockAddress): VsockPlan {
  return {
    target: `vsock:${cid}:${port}`,
    program: 'socat',
    args: ['-d', '-d', '-t', String(AFTER_THE_END), '-', `VSOCK-CONNECT:${cid}:${port}`],
    connected: /starting data transfer loop/,
  };
}
