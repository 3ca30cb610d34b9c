/** Guessing is slow for the connection that guesses, and for no other. */
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Doorkeeper, MAX_WRONG_PASSPHRASES } from '../../src/rpc/server/doorkeeper.ts';
import { Key } from '../../src/rpc/wire.ts';

/** A doorkeeper whose answers are held back until `answer`. */
function openDoor() {
  const held: (() => void)[] = [];
  const doorkeeper = new Doorkeeper({
    passphrase: 'sesame',
    log: pino({ level: 'silent' }),
    hold: () => new Promise<void>((resolve) => void held.push(resolve)),
  });
  const connect = () => {
    const connection = Symbol('a connection');
    const state = { hungUp: false };
    const show = (passphrase?: string) =>
      doorkeeper
        .admit({
          ...{ connection, peer: 'somebody', path: '/any' },
          metadata: passphrase === undefined ? {} : { [Key.passphrase]: passphrase },
          hangUp: () => {
            state.hungUp = true;
          },
        })
        .then(
          () => 'in',
          (error: Error) => error.message,
        );
    return { state, show };
  };
  return { connect, held, answer: () => held.splice(0).forEach((resolve) => void resolve()) };
}

const REFUSED = 'UNAUTHENTICATED: invalid or missing passphrase';

test('the right passphrase is let in at once, whatever others do', async () => {
  const { connect, held, answer } = openDoor();
  const guess = connect().show('open');
  expect(await connect().show('sesame')).toBe('in');
  expect(held).toHaveLength(1);
  answer();
  expect(await guess).toBe(REFUSED);
});

test('while a wrong one waits for its answer, others of that connection are not looked at', async () => {
  const { connect, held, answer } = openDoor();
  const { show } = connect();
  const answers = Promise.all([show('open'), show('sesame'), show()]);
  expect(held).toHaveLength(1);
  answer();
  expect(await answers).toEqual([REFUSED, REFUSED, REFUSED]);
  expect(await show('sesame')).toBe('in');
});

test('after the last that it may show, the connection is closed', async () => {
  const { connect, answer } = openDoor();
  const { state, show } = connect();
  for (let count = 1; count <= MAX_WRONG_PASSPHRASES; count++) {
    expect(state.hungUp).toBe(false);
    const shown = show('open');
    answer();
    expect(await shown).toBe(REFUSED);
  }
  expect(state.hungUp).toBe(true);
});

test('calls beyond that do not wait: those under way are few', async () => {
  const { connect, held } = openDoor();
  const { state, show } = connect();
  for (let count = 1; count <= MAX_WRONG_PASSPHRASES; count++) void show('open');
  expect(await show('open')).toBe(REFUSED);
  expect(state.hungUp).toBe(true);
  expect(held).toHaveLength(1);
});
