import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { type DriverChildren, group, proxy } from '../../src/driver/index.ts';
import { fakePower } from '../../src/drivers/fake/index.ts';
import { openSession } from '../../src/exporter/index.ts';
import { exploreSession, serve } from '../../src/index.ts';
import { ExporterService } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { openRaw } from '../rpc/raw-session.ts';

const silent = { log: pino({ level: 'silent' }) };
const open = async (children: DriverChildren) => {
  await using session = await openSession(group(children), silent);
  await using explored = await exploreSession(session.socket);
  return [...explored.root.children.keys()];
};

describe('a proxy', () => {
  it('is the driver that it names', async () => {
    const power = fakePower();
    await using tree = await serve(
      group({ first: proxy('inner.power', power), inner: group({ power }) }),
      silent,
    );
    await tree.first.on();
    expect(power.device.isOn).toBe(true);
    await tree.inner.power.off();
    expect(power.device.isOn).toBe(false);
  });

  it('repeats all that is below it, with the same uuids', async () => {
    const inner = group({ power: fakePower(), meter: fakePower() });
    const tree = group({
      inner,
      again: proxy('inner', inner),
      one: proxy('again.meter', inner.children.meter),
    });
    await using raw = await openRaw(tree);
    const { reports } = await raw.channel.unary(ExporterService.method.getReport, {});
    const named = (name: string) => reports.filter(({ labels }) => labels['jumpstarter.dev/name'] === name);
    const [innerReport] = named('inner');
    expect(named('again')).toEqual([
      { ...innerReport, labels: { ...innerReport?.labels, 'jumpstarter.dev/name': 'again' } },
    ]);
    const [power, sameAgain, ...more] = named('power');
    expect(more).toEqual([]);
    expect(sameAgain).toEqual(power);
    expect(power?.parentUuid).toBe(innerReport?.uuid);
    expect(named('one')[0]?.uuid).toBe(named('meter')[0]?.uuid);
  });

  it('says what there is when it names nothing', async () => {
    const power = fakePower();
    await expect(
      open({ power, alias: proxy('inner.power', power) }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: proxy alias: there is no "inner.power": the root has power, alias]`,
    );
    await expect(
      open({ power, alias: proxy('power.tcp', power) }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: proxy alias: there is no "power.tcp": power has nothing]`,
    );
  });

  it('cannot lead to itself, or be below what it names', async () => {
    const power = fakePower();
    await expect(
      open({ a: proxy('b', power), b: proxy('a', power) }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: proxy a: a proxy cannot be below what it names]`,
    );
    await expect(open({ a: proxy('a.x', power) })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: proxy a: a.x leads back to itself]`,
    );
    const outer = group({ inner: proxy('outer', power) });
    await expect(open({ outer })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: proxy outer: a proxy cannot be below what it names]`,
    );
  });
});
