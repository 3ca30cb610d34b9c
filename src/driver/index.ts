export * from './composite.ts';
export * from './config.ts';
export * from './context.ts';
export * from './define.ts';
export * from './driver.ts';
export * from './driver-type.ts';
export * from './group.ts';
export * from './proxy.ts';
