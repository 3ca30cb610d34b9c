import { fakeSuites } from './fake-suites.ts';

for (const suite of fakeSuites) suite.describe();
