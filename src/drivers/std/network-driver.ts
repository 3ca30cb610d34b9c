import type { Driver } from '../../driver/index.ts';
import type { Interface, Network } from '../../interfaces/index.ts';

/** Any driver whose streams are connections: what a wrapper takes as its child `tcp`. */
export type NetworkDriver = Driver<Interface<string, typeof Network.methods>>;
