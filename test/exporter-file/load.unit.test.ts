import { describe, expect, it } from 'vitest';
import { load, mistakesOf, withEntries } from './exporter-files.ts';

const FULL = `apiVersion: jumpstarter.dev/v1alpha1
kind: ExporterConfig
metadata: {namespace: lab, name: bench-7}
endpoint: grpc.example.com:443
token: a-token
tls: {ca: Y2E=, insecure: yes}
grpcOptions: {grpc.keepalive_time_ms: 20000, name: text}
description: The bench in room 7
motd: Handle with care
export: {}
hooks:
  beforeLease:
    script: |
      j power on
    exec: /bin/bash
    timeout: 5
    onFailure: endLease
  after_lease: {script: ' ', on_failure: exit}
failureDetection: {max_rapid_failures: '3', rapidFailureWindow: 30}
exitOnLeaseEnd: on
`;

describe('an exporter file', () => {
  it('has all that Jumpstarter reads of it', async () => {
    const { file, driver, notices, ...said } = await load(FULL);
    expect(file).toMatch(/^\/.*exporter\.yaml$/);
    expect(Object.keys(driver.children)).toEqual([]);
    expect(notices).toEqual([]);
    expect(said).toEqual({
      name: 'bench-7',
      namespace: 'lab',
      endpoint: 'grpc.example.com:443',
      token: 'a-token',
      tls: { ca: 'Y2E=', insecure: true },
      grpcOptions: { 'grpc.keepalive_time_ms': 20_000, name: 'text' },
      description: 'The bench in room 7',
      motd: 'Handle with care',
      hooks: {
        beforeLease: { script: 'j power on\n', exec: '/bin/bash', timeout: '5s', onFailure: 'endLease' },
        afterLease: undefined,
      },
      failureDetection: { isStated: true, maxRapidFailures: 3, rapidFailureWindow: '30s' },
      exitOnLeaseEnd: true,
    });
  });

  it("has Jumpstarter's defaults", async () => {
    const said = await load('metadata: {namespace: null, name: a}\nhooks: {beforeLease: {script: x}}\n');
    expect(said).toMatchObject({
      namespace: null,
      endpoint: undefined,
      token: undefined,
      tls: { ca: '', insecure: false },
      grpcOptions: {},
      description: undefined,
      motd: undefined,
      hooks: { beforeLease: { exec: undefined, timeout: '120s', onFailure: 'warn' }, afterLease: undefined },
      failureDetection: { isStated: false, maxRapidFailures: 5, rapidFailureWindow: '60s' },
      exitOnLeaseEnd: false,
    });
  });

  it('takes from the environment only what it lacks', async () => {
    const env = { JMP_NAMESPACE: 'theirs', JMP_NAME: 'other', JMP_ENDPOINT: 'elsewhere:1', JMP_TOKEN: 'x' };
    const said = await load('metadata: {name: mine}\n', env);
    expect(said).toMatchObject({ name: 'mine', namespace: 'theirs', endpoint: undefined, token: undefined });
  });

  it('reads plain words as PyYAML does', async () => {
    const env = `metadata: {namespace: n, name: y}
grpcOptions: {a: 010, b: 1:30, c: 1e3, d: 0x1f, e: '12', f: 09, g: 1_000}
`;
    const { name, grpcOptions } = await load(env);
    expect({ name, grpcOptions }).toEqual({
      name: 'y',
      grpcOptions: { a: 8, b: 90, c: '1e3', d: 31, e: '12', f: '09', g: 1000 },
    });
  });
});

describe('the tree', () => {
  const tree = async (entries: string) => {
    const { driver } = await load(withEntries(entries));
    const shapeOf = (at: { interface: { id: string }; children: object }): unknown => {
      const children = Object.entries(at.children).map(([name, child]) => [name, shapeOf(child)]);
      return children.length > 0 ? { [at.interface.id]: Object.fromEntries(children) } : at.interface.id;
    };
    return shapeOf(driver);
  };

  it('has drivers by our names and by Python class paths, groups and references', async () => {
    const entries = `
board:
  children:
    ssh:
      type: jumpstarter_driver_ssh.driver.SSHWrapper
      config: {default_username: root}
      children: {tcp: {ref: network}}
    nothing: {}
network:
  type: tcp-network
  config: {host: board, port: 22}
again: {ref: board.ssh}
python: {type: jumpstarter_driver_composite.driver.Proxy, config: {ref: network}}
below: {ref: board}
`;
    const ssh = { 'ssh-wrapper.v1': { tcp: 'tcp-network.v1' } };
    const board = { 'composite.v1': { ssh, nothing: 'composite.v1' } };
    expect(await tree(entries)).toEqual({
      'composite.v1': {
        board,
        network: 'tcp-network.v1',
        again: ssh,
        python: 'tcp-network.v1',
        below: board,
      },
    });
  });

  it('refers to what a driver has of its own, also from below that driver', async () => {
    const entries = `
vm:
  type: jumpstarter_driver_qemu.driver.Qemu
  config: {arch: x86_64}
  children:
    screen: {type: vnc, children: {tcp: {ref: vm.vnc}}}
console: {ref: vm.console}
`;
    expect(await tree(entries)).toMatchObject({
      'composite.v1': {
        vm: { 'machine.v1': { screen: { 'vnc.v1': { tcp: 'display.v1' } }, console: 'console.v1' } },
        console: 'console.v1',
      },
    });
  });
});

it("says aloud what a machine under Python's name is like", async () => {
  const { notices } = await load(
    withEntries('vm:\n  type: jumpstarter_driver_qemu.driver.Qemu\n  config: {arch: x86_64}'),
  );
  expect(notices.map((notice) => notice.replace(/.*exporter\.yaml:/, ''))).toMatchInlineSnapshot(`
    [
      "4:11: export.vm.type: as Jumpstarter's QEMU driver: 512M of memory, 2 CPUs, SeaBIOS unless OVMF files are given",
      "4:11: export.vm.type: the user jumpstarter has the password that everybody knows; set password, or use type: qemu",
    ]
  `);
});

it('reads an alias bomb no further than it must', async () => {
  const levels = Array.from({ length: 12 }, (_, index) => {
    const below = index === 0 ? 'x' : Array.from({ length: 9 }, () => `*l${index - 1}`).join(', ');
    return `l${index}: &l${index} [${below}]`;
  });
  expect(await mistakesOf(levels.join('\n'))).toMatchInlineSnapshot(`
    [
      "1:1: Excessive alias count indicates a resource exhaustion attack",
    ]
  `);
});
