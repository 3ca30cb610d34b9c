/** Drives devices under test: serve a device of this host, or connect to one elsewhere, and use it by typed handles. */
export * from './client/index.ts';
export { connectSession as connect } from './client/index.ts';
export {
  AuthError,
  BusyError,
  type ByteSize,
  CapacityError,
  CommandError,
  ConfigError,
  type ConfigIssue,
  DeadlineError,
  DeviceError,
  type Duration,
  DutError,
  type DutErrorOptions,
  type ErrorCode,
  ExpectError,
  type Fault,
  ImageError,
  InternalError,
  isDutError,
  LaunchError,
  type Log,
  NotFoundError,
  type OnProgress,
  type Progress,
  ProtocolError,
  StateError,
  UnreachableError,
  UnsupportedError,
  type WaitOptions,
} from './core/index.ts';
export { type ServeOptions, serve } from './serve.ts';
