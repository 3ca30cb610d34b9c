import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { httpPower } from '../../../src/drivers.ts';
import { serve } from '../../../src/index.ts';
import { describeMeteredPower } from '../../conformance/power.ts';
import { serveSpecimen } from '../../conformance/specimen.ts';
import { openSmartPlug } from './smart-plug.ts';

const log = pino({ level: 'silent' });

describeMeteredPower('httpPower', async () => {
  const plug = await openSmartPlug();
  const url = (path: string) => ({ url: `${plug.url}/${path}` });
  const driver = httpPower({ on: url('on'), off: url('off'), read: url('status') });
  const specimen = await serveSpecimen(driver, plug);
  const close = async () => {
    await specimen[Symbol.asyncDispose]();
    await plug[Symbol.asyncDispose]();
  };
  return { ...specimen, isOn: () => plug.isOn, [Symbol.asyncDispose]: close };
});

describe('httpPower', () => {
  it('is used as its page says', async () => {
    await using plug = await openSmartPlug();
    const { url } = plug;
    // #region use
    const socket = httpPower({
      on: { url: `${url}/on` },
      off: {
        url: `${url}/off`,
        method: 'POST',
        body: '{"ramp": 0}',
        headers: { 'content-type': 'application/json' },
      },
      read: { url: `${url}/status` },
      voltagePath: 'emeters.0.voltage',
      currentPath: 'emeters.0.current',
      auth: { user: 'lab', password: 'secret' },
    });
    await using power = await serve(socket, { log });
    await power.on();
    for await (const { voltage, current } of power.read()) expect([voltage, current]).toEqual([230.5, 0.25]);
    await power.off();
    // #endregion
    const authorization = `Basic ${Buffer.from('lab:secret').toString('base64')}`;
    expect(plug.requests).toEqual([
      { line: 'GET /on', authorization, type: undefined, body: '' },
      { line: 'GET /status', authorization, type: undefined, body: '' },
      { line: 'POST /off', authorization, type: 'application/json', body: '{"ramp": 0}' },
    ]);
  });

  it('takes for 0 what the device does not tell, unless a path is named', async () => {
    await using plug = await openSmartPlug();
    const { url } = plug;
    const requests = { on: { url }, off: { url }, read: { url } };
    await using power = await serve(httpPower(requests), { log });
    expect(await Array.fromAsync(power.read())).toEqual([{ voltage: 12, current: 0 }]);
    await using wrong = await serve(httpPower({ ...requests, currentPath: 'emeters.1.current' }), { log });
    await expect(Array.fromAsync(wrong.read())).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: read: current: "emeters.1.current" is not in the answer]`,
    );
    await using none = await serve(httpPower({ on: { url }, off: { url } }), { log });
    await expect(Array.fromAsync(none.read())).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: read: this power switch measures nothing: no request is configured for it]`,
    );
  });

  it('says what the device said, and not what it was asked with', async () => {
    await using plug = await openSmartPlug();
    const at = `${plug.url}/cm?user=admin&password=hunter2`;
    await using power = await serve(httpPower({ on: { url: at }, off: { url: at }, read: { url: at } }), {
      log,
    });
    plug.answer = { status: 500, text: 'relay is stuck' };
    const refused = await power.on().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'device', event: 'HTTP 500', tail: 'relay is stuck' });
    plug.answer = { status: 200, text: '<html>' };
    await expect(Array.fromAsync(power.read())).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('the answer is not JSON: "<html>"'),
    });
    await plug.breakDevice();
    const gone = await power.on().catch((error: unknown) => error);
    expect(gone).toMatchObject({ code: 'unreachable', message: expect.stringContaining('ECONNREFUSED') });
    expect(`${refused}${gone}`).not.toContain('hunter2');
  });

  it('does not wait for ever for a device that does not answer', async () => {
    await using plug = await openSmartPlug();
    const { url } = plug;
    await using power = await serve(httpPower({ on: { url }, off: { url }, timeout: '100ms' }), { log });
    plug.stall?.('on');
    await expect(power.on()).rejects.toMatchObject({ code: 'deadline', waitingFor: 'device to answer' });
  });

  it('has no body where there can be none', () => {
    const off = { url: 'http://plug/off', body: 'x' };
    expect(() => httpPower({ on: { url: 'http://plug/on' }, off })).toThrowErrorMatchingInlineSnapshot(`
      [ConfigError: http-power: the configuration is wrong
        off.body: got "x"; only POST, PUT and PATCH have a body]
    `);
  });
});
