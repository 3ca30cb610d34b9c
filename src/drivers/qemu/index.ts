export type { QemuConfig, QemuConfigInput } from './config.ts';
export * from './driver.ts';
export * from './survey.ts';
