import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { OneAhead } from '../../../src/drivers/qemu/one-ahead.ts';

/** Things by number, which say when they are closed; those of `fails` cannot be opened. */
function numbered(fails: readonly number[] = []) {
  const closed: number[] = [];
  let opened = 0;
  const open = async () => {
    const number = ++opened;
    if (fails.includes(number)) throw new Error(`no ${number}`);
    return { number, [Symbol.asyncDispose]: async () => void closed.push(number) };
  };
  return { closed, open, opened: () => opened };
}

test('what was opened ahead is taken once', async () => {
  const { open, opened } = numbered();
  const ahead = new OneAhead(open);
  ahead.prepare();
  ahead.prepare();
  expect(opened()).toBe(1);
  expect(await Promise.all([ahead.take(), ahead.take()])).toMatchObject([{ number: 1 }, { number: 2 }]);
});

test('it says whether there is one that nobody waits for', async () => {
  const ahead = new OneAhead(numbered([2]).open);
  expect(ahead.isReady).toBe(false);
  ahead.prepare();
  expect(ahead.isReady).toBe(false);
  await setImmediate();
  expect(ahead.isReady).toBe(true);
  await ahead.take();
  ahead.prepare();
  await setImmediate();
  expect(ahead.isReady).toBe(false);
});

test('whoever takes one where none could be opened ahead tries again', async () => {
  const ahead = new OneAhead(numbered([1, 3]).open);
  ahead.prepare();
  expect(await ahead.take()).toMatchObject({ number: 2 });
  await expect(ahead.take()).rejects.toThrow('no 3');
});

test('one that nobody has taken is closed with it, and none is opened afterwards', async () => {
  const { open, opened, closed } = numbered();
  {
    await using ahead = new OneAhead(open);
    ahead.prepare();
    await ahead.take();
    ahead.prepare();
  }
  expect(closed).toEqual([2]);
  const ahead = new OneAhead(open);
  await ahead[Symbol.asyncDispose]();
  ahead.prepare();
  expect(opened()).toBe(2);
});
