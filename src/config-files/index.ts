export * from './findings.ts';
export * from './lenient.ts';
export * from './yaml-source.ts';
