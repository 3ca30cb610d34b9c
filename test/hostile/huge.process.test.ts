import { expect, test } from 'vitest';
import { ExporterService } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { createChannel } from '../../src/rpc/grpc/index.ts';
import { looseValue } from '../fuzz/nasty-values.ts';
import { statusOf } from '../rpc/raw-session.ts';
import { startVictim } from './victim.ts';

const { driverCall } = ExporterService.method;

test('a mistake of megabytes costs no more than its megabytes', async () => {
  await using victim = await startVictim();
  await using channel = createChannel({ path: victim.place.socket });
  const { uuid = '' } = victim.root.children.get('vm')?.children.get('power') ?? {};
  const huge = '\u00e4'.repeat(2_000_000);
  const mistakes = [
    { uuid, method: 'off', args: [looseValue({ mode: huge })] },
    { uuid, method: 'off', args: [looseValue({ [huge]: 1 })] },
    { uuid, method: huge },
    { uuid: huge, method: 'off' },
    { uuid, method: 'off', args: Array.from({ length: 1_000_000 }, () => looseValue(true)) },
  ];
  for (const mistake of mistakes) {
    expect(await statusOf(channel.unary(driverCall, mistake))).toMatch(/^(INVALID_ARGUMENT|NOT_FOUND): /);
    await victim.checkHonest();
  }
  expect(await victim.peak()).toBeLessThan(300);
});
