import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Report, summarize, tallyLane } from '../../scripts/ci.ts';

const report = (numPassedTests: number, ...files: { message?: string; tests: string[] }[]): Report => ({
  numPassedTests,
  testResults: files.map(({ message, tests }, index) => ({
    name: join(process.cwd(), `test/${index}.test.ts`),
    status: message !== undefined || tests.includes('failed') ? 'failed' : 'passed',
    ...(message !== undefined && { message }),
    assertionResults: tests.map((status) => ({
      status,
      fullName: `it is ${status}`,
      failureMessages: status === 'failed' ? ['Error: no'] : [],
    })),
  })),
});

describe('a lane', () => {
  test('counts its tests, and names those that failed', () => {
    expect(
      tallyLane(report(5, { tests: ['failed', 'failed', 'passed'] }, { tests: ['passed'] }), false),
    ).toEqual({
      passed: 5,
      failed: 2,
      failures: ['test/0.test.ts > it is failed\nError: no', 'test/0.test.ts > it is failed\nError: no'],
    });
  });

  test('that crashed is one failure', () => {
    expect(tallyLane(undefined, false)).toEqual({
      passed: 0,
      failed: 1,
      failures: ['the lane ended without a report'],
    });
  });

  test('has one failure for each file that could not be run', () => {
    expect(
      tallyLane(report(5, { tests: ['passed'] }, { message: 'no such import', tests: [] }), false),
    ).toEqual({
      passed: 5,
      failed: 1,
      failures: ['test/1.test.ts\nno such import'],
    });
  });

  test('that failed although every test passed is one failure', () => {
    expect(tallyLane(report(5, { tests: ['passed', 'passed'] }), false)).toEqual({
      passed: 5,
      failed: 1,
      failures: ['the lane failed although every test passed'],
    });
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
