import { describe, expect, test } from 'vitest';
import { LaunchError, runTool } from '../../src/core/index.ts';

const node = (script: string, options?: Parameters<typeof runTool>[2]) =>
  runTool(process.execPath, ['-e', script], options);

describe('runTool', () => {
  test('returns what the program printed', async () => {
    await expect(node('console.log("out"); console.error("err")')).resolves.toEqual({
      stdout: 'out',
      stderr: 'err',
    });
  });

  test('tells a missing program apart, with the hint', async () => {
    const error = await runTool('no-such-program', ['-x'], { hint: 'it is in the package nowhere' }).catch(
      (e) => e,
    );
    expect(error).toBeInstanceOf(LaunchError);
    expect(error.message).toBe('no-such-program is not installed\nit is in the package nowhere');
    expect(error).toMatchObject({ fault: 'lab', command: 'no-such-program -x', exitCode: null });
  });

  test('quotes stderr of a program that fails', async () => {
    const error = await node('console.error("disk full"); process.exit(3)').catch((e) => e);
    expect(error).toMatchObject({ code: 'launch', exitCode: 3, stderr: 'disk full' });
    expect(error.message).toMatch(/exited with 3\ndisk full$/);
  });

  test('names the signal that ended it', async () => {
    await expect(node('process.kill(process.pid, "SIGKILL")')).rejects.toMatchObject({ signal: 'SIGKILL' });
  });

  test('hands every line on as it comes', async () => {
    const lines: string[] = [];
    await node('console.log("a\\nb"); console.error("c")', { onLine: (line) => lines.push(line) });
    expect(lines.toSorted()).toEqual(['a', 'b', 'c']);
  });

  test('ends the program when the signal aborts, and rethrows its reason', async () => {
    const controller = new AbortController();
    const reason = new Error('the user went home');
    const run = node('console.log("up"); setInterval(() => {}, 1000)', {
      signal: controller.signal,
      onLine: () => controller.abort(reason),
    });
    await expect(run).rejects.toBe(reason);
  });
});
