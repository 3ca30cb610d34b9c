import { pino } from 'pino';
import { expect, it } from 'vitest';
import { exploreSession } from '../../src/client/index.ts';
import { openSession } from '../../src/exporter/index.ts';
import { load, withEntries } from './exporter-files.ts';

it('leaves out of the log what is less important than the file wants of a driver', async () => {
  const power = (level: string) =>
    `{type: jumpstarter_driver_power.driver.MockPower, config: {log_level: ${level}}}`;
  const { driver } = await load(withEntries(`quiet: ${power('WARNING')}\nloud: ${power('INFO')}`));
  await using session = await openSession(driver, { log: pino({ level: 'silent' }) });
  await using explored = await exploreSession(session.socket);
  const { children } = explored.root;
  await children.get('quiet')?.call('on');
  await children.get('loud')?.call('off');
  const said: string[] = [];
  for await (const { message } of explored.session.logs()) {
    if (message.startsWith('power')) said.push(message);
    if (message === 'power off') break;
  }
  expect(said).toEqual(['power off']);
});
