import { z } from 'zod';
import { defineDriver } from '../../driver/index.ts';
import { Network } from '../../interfaces/index.ts';
import { connectThrough } from './connect-through.ts';
import { planVsock } from './plan-vsock.ts';

const NUMBER = z.int().min(0).max(0xffff_fffe);

/** The configuration of `vsockNetwork`. */
export const VsockConfig = z.strictObject({
  /** 2: the host, 1: this machine itself, 3 and up: a guest. */
  cid: NUMBER,
  port: NUMBER,
});

/** A vsock port, as of a virtual machine, on a host with Linux and socat: one connection per stream. */
export const vsockNetwork = defineDriver({
  name: 'vsock-network',
  interface: Network,
  config: VsockConfig,
  open: (address) => ({ connect: (_, { signal }) => connectThrough(planVsock(address), signal) }),
});
