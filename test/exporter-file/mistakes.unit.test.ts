import { describe, expect, it } from 'vitest';
import { load, mistakesOf, withEntries } from './exporter-files.ts';

const inEntries = (entries: string) => mistakesOf(withEntries(entries));

describe('an entry that Jumpstarter would make an empty group of', () => {
  it('has no config', async () => {
    expect(await inEntries('a:\n  type: echo-network\n  config:\n')).toMatchInlineSnapshot(`
      [
        "5:5: export.a.config: got null; leave it out, or write {}",
      ]
    `);
  });

  it('has a key of YAML 1.1 that is no text', async () => {
    const entry = 'a:\n  type: echo-network\n  methods_description:\n    on: switches on\n    off: off';
    expect(await inEntries(entry)).toMatchInlineSnapshot(`
      [
        "6:7: YAML 1.1 reads the key on as true; write 'on'",
        "7:7: YAML 1.1 reads the key off as false; write 'off'",
        "7:12: export.a.methods_description.false: got false; expected text",
      ]
    `);
  });

  it('has nothing that is known', async () => {
    expect(await inEntries('a: {foo: 1}')).toMatchInlineSnapshot(`
      [
        "3:3: export.a: has neither type, nor children, nor ref: Jumpstarter makes an empty group of it",
      ]
    `);
    expect(await inEntries('a: {tpye: echo-network}')).toMatchInlineSnapshot(`
      [
        "3:7: export.a.tpye: unknown key; did you mean type?",
      ]
    `);
    expect(await inEntries('a:\n  config: {host: x}\n  children: {}')).toMatchInlineSnapshot(`
      [
        "4:5: export.a.config: needs a type beside it",
      ]
    `);
    expect(await inEntries('a: {ref: b, children: {}}\nb: {type: echo-network}')).toMatchInlineSnapshot(`
      [
        "3:15: export.a.children: not allowed beside ref",
      ]
    `);
  });

  it('has values of the wrong kind', async () => {
    expect(await inEntries('a: {type: 1}')).toMatchInlineSnapshot(`
      [
        "3:13: export.a.type: got 1; expected text",
      ]
    `);
    expect(await inEntries('a: {type: echo-network, description: [1]}')).toMatchInlineSnapshot(`
      [
        "3:40: export.a.description: got [1]; expected text",
      ]
    `);
    expect(await inEntries('a: {type: echo-network, methods_description: null}')).toMatchInlineSnapshot(`
      [
        "3:48: export.a.methods_description: got null; leave it out, or write {}",
      ]
    `);
    expect(await inEntries('a: {type: echo-network, methods_description: {x: yes}}')).toMatchInlineSnapshot(`
      [
        "3:52: export.a.methods_description.x: got true; expected text",
      ]
    `);
    expect(await inEntries('a: {type: echo-network, config: [1]}')).toMatchInlineSnapshot(`
      [
        "3:35: export.a.config: got [1]; leave it out, or write {}",
      ]
    `);
    expect(await inEntries('a: {type: echo-network, children: null}')).toMatchInlineSnapshot(`
      [
        "3:37: export.a.children: got nothing; expected names and their drivers, or {}",
      ]
    `);
    expect(await inEntries('a:\nb: 2024-01-01\nc: []')).toMatchInlineSnapshot(`
      [
        "3:3: export.a: got nothing; expected a driver: {type, config, children}, {children} or {ref}",
        "4:6: export.b: got a date; expected a driver: {type, config, children}, {children} or {ref}",
        "5:6: export.c: got a list; expected a driver: {type, config, children}, {children} or {ref}",
      ]
    `);
  });
});

describe('a driver', () => {
  it('has a type that is misspelt', async () => {
    expect(await inEntries('a: {type: ehco-network}')).toMatchInlineSnapshot(`
      [
        "3:13: export.a.type: ehco-network is no known type of driver; did you mean echo-network?",
      ]
    `);
    expect(
      await inEntries('a:\n  type: jumpstarter_driver_network.driver.TCPNetwork'),
    ).toMatchInlineSnapshot(`
      [
        "4:11: export.a.type: jumpstarter_driver_network.driver.TCPNetwork is no known type of driver; did you mean jumpstarter_driver_network.driver.TcpNetwork?",
      ]
    `);
  });

  it('has a type that is not known', async () => {
    const [message] = await inEntries('a: {type: my_lab.driver.Crane}');
    expect(message).toMatch(
      /^3:13: export\.a\.type: my_lab\.driver\.Crane is no known type of driver; drivers written in Python run in their own exporter; known: .*echo-network, group, /,
    );
    const [relay] = await inEntries("a: {type: '@lab/relay'}");
    expect(relay).toMatch(
      /known: .*websocket-network; a driver of an npm package is to be installed, and allowed by drivers: \{allow: \['@lab\/relay'\]\}$/,
    );
  });

  it('has a key that is misspelt', async () => {
    expect(
      await inEntries('a:\n  type: tcp-network\n  config:\n    hots: board\n    port: 0'),
    ).toMatchInlineSnapshot(`
      [
        "5:5: export.a.config.host: missing; expected text",
        "6:7: export.a.config.hots: unknown field; did you mean host?",
        "7:13: export.a.config.port: got 0; too small: expected number to be >=1",
      ]
    `);
    expect(await inEntries('a: {type: echo-network, conifg: {}}')).toMatchInlineSnapshot(`
      [
        "3:27: export.a.conifg: unknown key; did you mean config?",
      ]
    `);
  });

  it('has the keys of the form that its type names', async () => {
    const config = '  config: {host: board, port: 1, enable_address: false}';
    expect(await inEntries(`a:\n  type: tcp-network\n${config}`)).toMatchInlineSnapshot(`
      [
        "5:36: export.a.config.enable_address: unknown field; did you mean enableAddress?",
      ]
    `);
    expect(await inEntries(`a:\n  type: jumpstarter_driver_network.driver.TcpNetwork\n${config}`)).toEqual(
      [],
    );
  });

  it('lacks a child, or has one too many', async () => {
    expect(
      await inEntries('a:\n  type: vnc\n  children:\n    tpc: {type: echo-network}'),
    ).toMatchInlineSnapshot(`
      [
        "5:5: export.a.children: tcp is missing; vnc needs it",
        "6:7: export.a.children.tpc: did you mean tcp?",
      ]
    `);
    expect(await inEntries('a:\n  type: echo-network\n  children:\n    b: {}')).toMatchInlineSnapshot(`
      [
        "6:7: export.a.children.b: unknown child of echo-network; it has no children",
      ]
    `);
  });

  it('has a child of the wrong kind', async () => {
    expect(await inEntries('a:\n  type: vnc\n  children:\n    tcp: {}')).toMatchInlineSnapshot(`
      [
        "6:12: export.a.children.tcp: got a group; allowed: a driver of a network",
      ]
    `);
  });

  it('has labels or a log level that are wrong', async () => {
    const python = 'a:\n  type: jumpstarter_driver_network.driver.EchoNetwork\n  config:';
    expect(await inEntries(`${python} {labels: {a: 1}, log_level: LOUD}`)).toMatchInlineSnapshot(`
      [
        "5:26: export.a.config.labels.a: got 1; expected text",
        "5:41: export.a.config.log_level: got "LOUD"; allowed: DEBUG, INFO, WARNING, ERROR, CRITICAL",
      ]
    `);
    expect(await inEntries(`${python} {labels: {a: b}, log_level: DEBUG}`)).toEqual([]);
  });

  it('keeps its secrets when they are of the wrong kind', async () => {
    const machine = 'a:\n  type: qemu\n  config: {password: 1234567, memory: 1}';
    expect(await inEntries(machine)).toMatchInlineSnapshot(`
      [
        "5:24: export.a.config.password: got a value that is not shown; expected text",
      ]
    `);
  });
});

describe('a reference', () => {
  it('names nothing', async () => {
    expect(await inEntries('power: {type: echo-network}\nb: {ref: pwoer}')).toMatchInlineSnapshot(`
      [
        "4:12: export.b.ref: there is no driver pwoer; did you mean power?",
      ]
    `);
    expect(await inEntries('a: {type: qemu}\nb: {ref: a.consol}')).toMatchInlineSnapshot(`
      [
        "4:12: export.b.ref: there is no driver a.consol; did you mean a.console?",
      ]
    `);
    expect(await inEntries('b: {ref: ""}')).toMatchInlineSnapshot(`
      [
        "3:12: export.b.ref: got ""; expected names with dots between them",
      ]
    `);
  });

  it('names a reference', async () => {
    expect(await inEntries('a: {type: echo-network}\nb: {ref: a}\nc: {ref: b}')).toMatchInlineSnapshot(`
      [
        "5:12: export.c.ref: b is a reference itself; name what that one names",
      ]
    `);
  });

  it('names what it is a part of', async () => {
    expect(await inEntries('a:\n  children:\n    b: {ref: a}')).toMatchInlineSnapshot(`
      [
        "5:16: export.a.children.b.ref: this reference lies below a, which would be part of itself",
      ]
    `);
    expect(
      await inEntries('a:\n  children:\n    x: {ref: b}\nb:\n  children:\n    y: {ref: a}'),
    ).toMatchInlineSnapshot(`
      [
        "5:16: export.a.children.x.ref: this reference lies below b, which would be part of itself",
        "8:16: export.b.children.y.ref: this reference lies below a, which would be part of itself",
      ]
    `);
  });
});

describe('the rest of the file', () => {
  it('is no YAML', async () => {
    expect(await mistakesOf('metadata: {name: lab\nexport: [')).toMatchInlineSnapshot(`
      [
        "2:1: Flow map in block collection must be sufficiently indented and end with a }",
        "2:10: Flow sequence in block collection must be sufficiently indented and end with a ]",
      ]
    `);
    expect(await mistakesOf('a: 1\na: 2')).toMatchInlineSnapshot(`
      [
        "2:1: Map keys must be unique",
      ]
    `);
    expect(await mistakesOf('a: 1\n---\nb: 2')).toMatchInlineSnapshot(`
      [
        "1:1: metadata: missing; expected names and their values",
        "2:1: a second document begins here; one is allowed",
      ]
    `);
  });

  it('is no exporter file', async () => {
    expect(await mistakesOf('')).toMatchInlineSnapshot(`
      [
        "1:1: expected an exporter file: apiVersion, kind, metadata and so on",
      ]
    `);
    expect(await mistakesOf('[1]')).toMatchInlineSnapshot(`
      [
        "1:1: expected an exporter file: apiVersion, kind, metadata and so on",
      ]
    `);
  });

  it('has the wrong kind, version or metadata', async () => {
    const text = 'apiVersion: v2\nkind: ClientConfig\nmetadata: {name: 5, labels: {}}\n';
    expect(await mistakesOf(text)).toMatchInlineSnapshot(`
      [
        "1:13: apiVersion: got "v2"; allowed: jumpstarter.dev/v1alpha1",
        "2:7: kind: got "ClientConfig"; allowed: ExporterConfig",
        "3:1: metadata.namespace: missing; expected text",
        "3:18: metadata.name: got 5; expected text",
        "3:21: metadata.labels: unknown key; known: namespace, name",
      ]
    `);
    expect(await mistakesOf('export: {}')).toMatchInlineSnapshot(`
      [
        "1:1: metadata: missing; expected names and their values",
      ]
    `);
  });

  it('has hooks that are wrong', async () => {
    const text = `metadata: {name: lab, namespace: null}
hooks:
  beforeLease: {script: echo, timeout: soon, onFailure: endlease}
  afterLease: {exec: /bin/bash}
  beforeLeese: {script: echo}
`;
    expect(await mistakesOf(text)).toMatchInlineSnapshot(`
      [
        "3:40: hooks.beforeLease.timeout: got "soon"; expected a whole number",
        "3:57: hooks.beforeLease.onFailure: got "endlease"; allowed: warn, endLease, exit",
        "4:3: hooks.afterLease.script: missing; expected text",
        "5:3: hooks.beforeLeese: unknown key; did you mean beforeLease?",
      ]
    `);
  });

  it('has a key that is misspelt', async () => {
    const text = 'metadata: {name: lab, namespace: a}\nexit_on_lease_end: true\nexprot: {}\nx-note: hello';
    expect(await mistakesOf(text)).toMatchInlineSnapshot(`
      [
        "2:1: exit_on_lease_end: unknown key; did you mean exitOnLeaseEnd?",
        "3:1: exprot: unknown key; did you mean export?",
      ]
    `);
  });

  it('has a key without effect, and is told so', async () => {
    const { notices } = await load('metadata: {name: lab, namespace: a}\nx-note: hello');
    expect(notices.map((notice) => notice.replace(/.*exporter\.yaml:/, ''))).toMatchInlineSnapshot(`
      [
        "2:1: x-note: unknown key, without effect",
      ]
    `);
  });

  it('names packages that are not there', async () => {
    const text = 'metadata: {name: lab, namespace: a}\ndrivers:\n  allow: [no-such-package-here, ../evil]';
    expect(await mistakesOf(text)).toMatchInlineSnapshot(`
      [
        "3:11: drivers.allow.0: there is no package no-such-package-here; npm install no-such-package-here where this file lies",
        "3:33: drivers.allow.1: there is no package ../evil; npm install ../evil where this file lies",
      ]
    `);
  });
});

it('tells every mistake at once, in the order of the file', async () => {
  const text = `kind: Exporter
metadata: {name: lab, namespace: a}
export:
  a: {type: ehco-network}
  b:
    type: vnc
    config: {defaultEncrypt: 7}
    children: {}
  c: {ref: nobody}
motd: 5
`;
  expect(await mistakesOf(text)).toMatchInlineSnapshot(`
    [
      "1:7: kind: got "Exporter"; allowed: ExporterConfig",
      "4:13: export.a.type: ehco-network is no known type of driver; did you mean echo-network?",
      "7:30: export.b.config.defaultEncrypt: got 7; expected true or false",
      "8:5: export.b.children: tcp is missing; vnc needs it",
      "9:12: export.c.ref: there is no driver nobody; known: a, b",
      "10:7: motd: got 5; expected text",
    ]
  `);
});

it('says where in a value that an alias or a merge brings', async () => {
  const text = `metadata: {name: lab, namespace: a}
base: &base
  type: tcp-network
  config: {host: board, prot: 1}
export:
  a: *base
  b:
    <<: *base
    description: again
`;
  expect(await mistakesOf(text)).toMatchInlineSnapshot(`
    [
      "4:3: export.a.config.port: missing; expected a number",
      "4:3: export.b.config.port: missing; expected a number",
      "4:25: export.a.config.prot: unknown field; did you mean port?",
      "4:25: export.b.config.prot: unknown field; did you mean port?",
    ]
  `);
});

it('does not let a driver be made of what it has itself', async () => {
  const text = 'a:\n  type: vnc\n  children:\n    tcp: {ref: a.tcp2}';
  expect(await inEntries(text)).toMatchInlineSnapshot(`
    [
      "6:18: export.a.children.tcp.ref: a is made of this reference, and has nothing of its own before",
    ]
  `);
});
