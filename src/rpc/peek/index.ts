export * from './decode-report.ts';
export * from './labels.ts';
export * from './peek-report.ts';
export * from './stock-interfaces.ts';
