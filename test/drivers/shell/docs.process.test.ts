import { pino } from 'pino';
import { expect, it } from 'vitest';
import { shell } from '../../../src/drivers.ts';
import { serve } from '../../../src/index.ts';

it('is used as its page says', async () => {
  const log = pino({ level: 'silent' });
  // #region use
  const board = shell({
    methods: {
      reset: { command: 'echo "pulled line $1 of $BOARD"', description: 'Pull a reset line', timeout: '30s' },
    },
  });
  await using scripts = await serve(board, { log });
  const { stdout } = await scripts.run('reset', ['3'], { env: { BOARD: 'rpi4' } });
  expect(stdout).toBe('pulled line 3 of rpi4\n');
  // #endregion
});
