export * from './deadline.ts';
export * from './errors.ts';
export * from './log.ts';
export * from './paths.ts';
export * from './progress.ts';
export * from './subprocess.ts';
export * from './units.ts';
export * from './version.ts';
