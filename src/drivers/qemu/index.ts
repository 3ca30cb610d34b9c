export * from './boots/keep-boots.ts';
export type { QemuConfig, QemuConfigInput } from './config.ts';
export * from './driver.ts';
export { qemuType } from './driver-type.ts';
export * from './storage/collect-store.ts';
export { findImagesInUse, type StorePlaces } from './storage/images-in-use.ts';
export { inspectImage } from './storage/inspect-image.ts';
export * from './storage/verify-store.ts';
export * from './survey.ts';
