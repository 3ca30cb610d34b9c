import { mistake } from '../../../core/index.ts';
import type { Driver, GivenChildren } from '../../../driver/index.ts';
import type { NetworkDriver } from '../network-driver.ts';

/** The child of that name, whose streams must be connections. @throws ConfigError when they are not */
export function networkChild(children: GivenChildren, name: string): NetworkDriver {
  const child = children[name];
  if (child && isNetwork(child)) return child;
  const message = `got a ${child?.name ?? 'missing driver'}; allowed: a driver of a network`;
  throw mistake(`children.${name}`, message);
}

const isNetwork = (driver: Driver): driver is NetworkDriver =>
  driver.interface.methods['connect']?.kind === 'channel';
