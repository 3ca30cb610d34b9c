export * from './echo-network.ts';
export * from './group.ts';
export * from './network-child.ts';
export * from './opendal.ts';
export * from './ssh-wrapper.ts';
export * from './tcp-network.ts';
export * from './unix-network.ts';
export * from './vnc.ts';
