import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { affordablePlaces, Lobby } from '../../src/core/index.ts';

const connections = (count: number) => Array.from({ length: count }, () => new PassThrough());
const states = (all: readonly PassThrough[]) => all.map(({ destroyed }) => (destroyed ? 'closed' : 'open'));

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

test('the oldest that wait make room for the next', () => {
  const lobby = new Lobby({ places: 2, patience: '1h', seats: 1 });
  const all = connections(4);
  for (const connection of all) lobby.enter(connection);
  expect(states(all)).toEqual(['closed', 'closed', 'open', 'open']);
});

test('whoever was admitted stays, and takes no place; the others run out of time', () => {
  const lobby = new Lobby({ places: 1, patience: '30s', seats: 1 });
  const [guest, other, last] = connections(3) as [PassThrough, PassThrough, PassThrough];
  expect(lobby.enter(guest).admit()).toBe(true);
  lobby.enter(other);
  vi.advanceTimersByTime(29_999);
  expect(states([guest, other])).toEqual(['open', 'open']);
  lobby.enter(last);
  expect(states([guest, other, last])).toEqual(['open', 'closed', 'open']);
  vi.advanceTimersByTime(30_000);
  expect(states([guest, last])).toEqual(['open', 'closed']);
});

test('a seat is free again when its connection has closed', async () => {
  const lobby = new Lobby({ places: 5, patience: '1h', seats: 1 });
  const [first, second, gone] = connections(3) as [PassThrough, PassThrough, PassThrough];
  const visits = [first, second, gone].map((connection) => lobby.enter(connection));
  expect(visits.map((visit) => visit.admit())).toEqual([true, false, false]);
  expect(visits[0]?.admit()).toBe(true);
  gone.destroy();
  first.destroy();
  await once(first, 'close');
  expect(visits[1]?.admit()).toBe(true);
  expect(visits[2]?.admit()).toBe(false);
});

test.each([
  [1_024, 128],
  [1_048_576, 128],
  [256, 32],
  [4, 1],
])('where %i files may be open, %i of 128 wait', (files, places) => {
  expect(affordablePlaces(128, files)).toBe(places);
});
