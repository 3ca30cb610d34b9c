import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type GuestIdentity, renderCloudInit } from '../../../src/drivers/qemu/cloud-init.ts';
import { QemuConfig, type QemuConfigInput } from '../../../src/drivers/qemu/config.ts';

const IDENTITY: GuestIdentity = {
  instanceId: 'i-6f1e0a5c',
  password: 'correct: horse',
  authorizedKeys: ['ssh-ed25519 AAAAmachine jumplead'],
};

const render = (input: QemuConfigInput = {}) => renderCloudInit(QemuConfig.parse(input), IDENTITY);
const userData = (theirs: string | Record<string, unknown>) =>
  render({ cloudInit: { userData: theirs } }).userData;

test('a name, and a user with password, key and sudo', () => {
  const {
    metaData,
    userData: text,
    ...rest
  } = render({
    hostname: 'board-7',
    username: 'tester',
    authorizedKeys: ['ssh-ed25519 AAAAmine me@home'],
  });
  expect(rest).toEqual({});
  expect(metaData).toMatchInlineSnapshot(`
    "instance-id: i-6f1e0a5c
    local-hostname: board-7
    "
  `);
  expect(text).toMatchInlineSnapshot(`
    "#cloud-config
    manage_etc_hosts: true
    locale: false
    ssh_pwauth: true
    users:
      - name: tester
        plain_text_passwd: "correct: horse"
        lock_passwd: false
        sudo: ALL=(ALL) NOPASSWD:ALL
        shell: /bin/bash
        ssh_authorized_keys:
          - ssh-ed25519 AAAAmachine jumplead
          - ssh-ed25519 AAAAmine me@home
    "
  `);
});

describe("user-data of the user's own", () => {
  test('is merged field by field, theirs first', () => {
    const text = userData({ packages: ['vim'], locale: 'C.UTF-8' });
    expect(text.split('\n')[0]).toBe('#cloud-config');
    expect(parse(text)).toMatchObject({ packages: ['vim'], locale: 'C.UTF-8', ssh_pwauth: true });
  });

  test('as text is the same', () => {
    expect(userData('#cloud-config\npackages: [vim]\n')).toBe(userData({ packages: ['vim'] }));
    expect(userData('#cloud-config')).toBe(render().userData);
  });

  test('adds its users to ours', () => {
    const { users } = parse(userData({ users: ['default', { name: 'other' }] }));
    expect(users).toEqual([expect.objectContaining({ name: 'jumplead' }), 'default', { name: 'other' }]);
  });

  test('may say more about our user', () => {
    const { users } = parse(
      userData({ users: [{ name: 'jumplead', shell: '/bin/zsh', groups: 'dialout' }] }),
    );
    expect(users).toEqual([
      expect.objectContaining({
        name: 'jumplead',
        shell: '/bin/zsh',
        groups: 'dialout',
        plain_text_passwd: 'correct: horse',
      }),
    ]);
  });

  test('that is a script becomes a part beside ours', () => {
    const text = userData('#!/bin/sh\necho grüezi\n');
    const [, boundary = ''] = /boundary="([^"]+)"/.exec(text) ?? [];
    const parts = text.split(`--${boundary}`).slice(1, -1);
    const bodies = parts.map((part) => Buffer.from(part.split('\n\n')[1] ?? '', 'base64').toString());
    expect(
      text.startsWith(`Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\n\n`),
    ).toBe(true);
    expect(bodies).toEqual([render().userData, '#!/bin/sh\necho grüezi\n']);
    expect(text.endsWith(`--${boundary}--\n`)).toBe(true);
  });
});

test('a network-config is taken as it is', () => {
  const config = { version: 2, ethernets: { all: { match: { name: 'e*' }, dhcp4: true } } };
  expect(parse(render({ cloudInit: { networkConfig: config } }).networkConfig ?? '')).toEqual(config);
  expect(render({ cloudInit: { networkConfig: 'version: 2\n' } }).networkConfig).toBe('version: 2\n');
});
