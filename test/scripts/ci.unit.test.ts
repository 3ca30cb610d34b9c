import { describe, expect, test } from 'vitest';
import { type Report, summarize, tallyLane } from '../../scripts/ci.ts';

const report = (numPassedTests: number, numFailedTests: number, ...files: string[][]): Report => ({
  numPassedTests,
  numFailedTests,
  testResults: files.map(([status = '', ...tests]) => ({
    status,
    assertionResults: tests.map((test) => ({ status: test })),
  })),
});

describe('a lane', () => {
  test('counts its tests', () => {
    expect(tallyLane(report(5, 2, ['failed', 'failed', 'passed']), false)).toEqual({ passed: 5, failed: 2 });
  });

  test('that crashed is one failure', () => {
    expect(tallyLane(undefined, false)).toEqual({ passed: 0, failed: 1 });
  });

  test('has one failure for each file that could not be run', () => {
    expect(tallyLane(report(5, 0, ['passed', 'passed'], ['failed']), false)).toEqual({
      passed: 5,
      failed: 1,
    });
  });

  test('that failed although every test passed is one failure', () => {
    expect(tallyLane(report(5, 0, ['passed', 'passed']), false)).toEqual({ passed: 5, failed: 1 });
  });
});

test('the sum is the line that CI reads', () => {
  expect(
    summarize([
      { passed: 7, failed: 0 },
      { passed: 120, failed: 2 },
    ]),
  ).toBe('127 passed, 2 failed');
});
