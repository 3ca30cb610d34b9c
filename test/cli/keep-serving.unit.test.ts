import { expect, test } from 'vitest';
import { keepServing } from '../../src/cli/run/keep-serving.ts';
import { ConfigError, DeviceError } from '../../src/core/index.ts';

const broken = new DeviceError('the relay does not answer', { event: 'silence', tail: '' });

/** Serves with what `ends` say: how long each took, and what it threw; then well. */
async function serveWith(
  ends: readonly (readonly [milliseconds: number, error: unknown])[],
  isStated = true,
) {
  const { signal } = new AbortController();
  const said: string[] = [];
  let [clock, starts, pauses] = [0, 0, 0];
  const serve = async () => {
    const [took, error] = ends[starts++] ?? [0, undefined];
    clock += took;
    if (error !== undefined) throw error;
  };
  const failure = await keepServing(serve, {
    failureDetection: { isStated, maxRapidFailures: 3, rapidFailureWindow: '60s' },
    signal,
    say: (text) => said.push(text),
    now: () => clock,
    pause: async () => {
      pauses++;
    },
  }).catch((error: unknown) => error);
  return { failure, starts, pauses, said };
}

test('failures that pass are told, each with its reason', async () => {
  const { failure, starts, pauses, said } = await serveWith([
    [10, broken],
    [10, broken],
  ]);
  expect({ failure, starts, pauses }).toEqual({ failure: undefined, starts: 3, pauses: 2 });
  expect(said).toEqual([
    expect.stringMatching(
      /^the relay does not answer\nfault: the device\nfailed \(failureDetection: 1 of 3 in a row\); trying again$/,
    ),
    expect.stringContaining('2 of 3 in a row'),
  ]);
});

test('the last of as many as are allowed is thrown', async () => {
  const { failure, starts } = await serveWith([1, 2, 3, 4].map(() => [10, broken]));
  expect({ failure, starts }).toEqual({ failure: broken, starts: 3 });
});

test('one that comes late begins the count anew', async () => {
  const long = [60_000, broken] as const;
  const short = [10, broken] as const;
  const { failure, starts, said } = await serveWith([short, short, long, short, short]);
  expect({ failure, starts }).toEqual({ failure: undefined, starts: 6 });
  expect(said[2]).toContain('after a long time');
});

test('what stays wrong, and where the file says nothing, is thrown at once', async () => {
  const mistake = new ConfigError('no such key', { issues: [] });
  expect(await serveWith([[10, mistake]])).toMatchObject({ failure: mistake, starts: 1 });
  expect(await serveWith([[10, broken]], false)).toMatchObject({ failure: broken, starts: 1 });
});

test('being told to stop ends it, also between two tries', async () => {
  const controller = new AbortController();
  const reason = new Error('enough');
  const options = {
    failureDetection: { isStated: true, maxRapidFailures: 1_000, rapidFailureWindow: '60s' as const },
    signal: controller.signal,
    say: () => undefined,
    pause: async () => controller.abort(reason),
  };
  await expect(keepServing(() => Promise.reject(broken), options)).rejects.toBe(reason);
});
