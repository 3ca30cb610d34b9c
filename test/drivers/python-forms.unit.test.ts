import { describe, expect, it } from 'vitest';
import { DRIVER_TYPES } from '../../src/driver-types.ts';

/** The form under a Python class path, and what it makes of `config`. */
async function formOf(path: string, config: object) {
  const type = DRIVER_TYPES.find(({ python }) => python.includes(path));
  const form = (await type?.load())?.python[path];
  if (!form) throw new Error(`there is no ${path}`);
  const checked = form.config.safeParse(config);
  return {
    error: checked.error?.issues[0],
    create: () => form.create(checked.data, {}),
    notices: form.notices(checked.data),
  };
}

describe("Python's keys", () => {
  it.each([
    ['jumpstarter_driver_power.driver.MockPower', {}],
    ['jumpstarter_driver_power.driver.SyncMockPower', {}],
    ['jumpstarter_driver_opendal.driver.MockFlasher', {}],
    ['jumpstarter_driver_opendal.driver.MockStorageMux', {}],
    ['jumpstarter_driver_opendal.driver.MockStorageMuxFlasher', {}],
    [
      'jumpstarter_driver_opendal.driver.Opendal',
      { scheme: 'fs', kwargs: { root: '/x' }, remove_created_on_close: true },
    ],
    [
      'jumpstarter_driver_http.driver.HttpServer',
      { root_dir: '/x', host: '127.0.0.1', port: 80, timeout: 5 },
    ],
    ['jumpstarter_driver_tftp.driver.Tftp', { root_dir: '/x', host: '127.0.0.1', port: 69 }],
    [
      'jumpstarter_driver_shell.driver.Shell',
      {
        methods: { a: 'true', b: { command: 'true', description: 'x', timeout: 3 } },
        shell: ['sh', '-c'],
        timeout: 9,
        cwd: null,
      },
    ],
    [
      'jumpstarter_driver_http_power.driver.HttpPower',
      {
        name: 'plug',
        power_on: { url: 'http://plug/on', method: 'post', data: 'x' },
        power_off: { url: 'http://plug/off' },
        power_read: { url: 'http://plug/status', voltage_path: 'v', current_path: 'c' },
        auth: { basic: { user: 'u', password: 'p' } },
      },
    ],
  ])('of %s make a driver', async (path, config) => {
    const form = await formOf(path, config);
    expect(form.error).toBeUndefined();
    expect(form.notices).toEqual([]);
    expect(form.create().interface.pythonClient).toMatch(/^jumpstarter_driver_/);
  });

  it('whose defaults are open to the network are said aloud', async () => {
    const http = await formOf('jumpstarter_driver_http.driver.HttpServer', {});
    expect(http.notices).toEqual([
      "as Jumpstarter's HTTP server: once started, /var/www can be read by the whole network",
    ]);
    const tftp = await formOf('jumpstarter_driver_tftp.driver.Tftp', {});
    expect(tftp.notices).toEqual([
      "as Jumpstarter's TFTP server: once started, /var/lib/tftpboot can be read by the whole network",
    ]);
  });

  it('without effect are said aloud', async () => {
    const off = { url: 'http://plug/off' };
    const form = await formOf('jumpstarter_driver_http_power.driver.HttpPower', {
      power_on: { url: 'http://plug/on', data: 'x' },
      power_off: off,
    });
    expect(form.notices).toEqual(['without effect: power_on.data (GET has no body)']);
    expect(form.create().name).toBe('http-power');
  });
});
