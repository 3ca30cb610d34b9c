import { parseDocument, stringify } from 'yaml';
import type { QemuConfig } from './config.ts';

/** What distinguishes a guest from others of the same configuration. */
export interface GuestIdentity {
  readonly instanceId: string;
  readonly password: string;
  /** Public keys beside those of the configuration: the machine's own. */
  readonly authorizedKeys: readonly string[];
}

/** The files of a NoCloud seed. */
export interface Seed {
  readonly metaData: string;
  readonly userData: string;
  readonly networkConfig?: string;
}

type CloudConfig = Readonly<Record<string, unknown>>;

/**
 * The seed of a guest: its name, and a user with password, keys and sudo.
 *
 * User-data of the user's own: an object or a `#cloud-config` is merged, field by field, theirs first; `users` are ours and
 * then theirs, and an entry with our user's name only adds to it. Anything else (a script, an include, a template) becomes a second part
 * beside ours. A network-config is taken as it is.
 */
export function renderCloudInit(config: QemuConfig, identity: GuestIdentity): Seed {
  const { userData, networkConfig } = config.cloudInit || {};
  return {
    metaData: stringify({ 'instance-id': identity.instanceId, 'local-hostname': config.hostname }),
    userData: withTheirs(ours(config, identity), userData),
    ...(networkConfig !== undefined && {
      networkConfig: typeof networkConfig === 'string' ? networkConfig : stringify(networkConfig),
    }),
  };
}

/** The fields of a cloud-config, or the mistake in it. */
export type ParsedCloudConfig =
  | { readonly fields: CloudConfig; readonly mistake?: undefined }
  | { readonly fields?: undefined; readonly mistake: string };

/** Reads a `#cloud-config`. Does not throw: the mistake is said for people. */
export function parseCloudConfig(text: string): ParsedCloudConfig {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) return { mistake: `not YAML: ${error.message.split('\n')[0]}` };
  const fields: unknown = document.toJS() ?? {};
  if (typeof fields !== 'object' || Array.isArray(fields))
    return { mistake: 'a #cloud-config must be a mapping' };
  return { fields: fields as CloudConfig }; // SAFE: a mapping of YAML, whatever its values
}

/** Whether `text` is a cloud-config, which can be merged, and not something that must stay as it is. */
export const isCloudConfig = (text: string): boolean => /^#cloud-config[ \t]*(?:\r?\n|$)/.test(text);

function ours(config: QemuConfig, { password, authorizedKeys }: GuestIdentity): CloudConfig {
  return {
    // Without it sudo complains of an unknown host.
    manage_etc_hosts: true,
    // Images without the package `locales` would report an error.
    locale: false,
    ssh_pwauth: true,
    users: [
      {
        name: config.username,
        plain_text_passwd: password,
        lock_passwd: false,
        sudo: 'ALL=(ALL) NOPASSWD:ALL',
        shell: '/bin/bash',
        ssh_authorized_keys: [...authorizedKeys, ...config.authorizedKeys],
      },
    ],
  };
}

function withTheirs(own: CloudConfig, theirs: string | CloudConfig | undefined): string {
  if (theirs === undefined) return render(own);
  if (typeof theirs !== 'string') return render(merge(own, theirs));
  if (!isCloudConfig(theirs)) return multipart([render(own), theirs]);
  // One that cannot be read does not come as far as this: the configuration was refused.
  return render(merge(own, parseCloudConfig(theirs).fields ?? {}));
}

const render = (fields: CloudConfig) => `#cloud-config\n${stringify(fields)}`;

function merge(own: CloudConfig, theirs: CloudConfig): CloudConfig {
  return { ...own, ...theirs, users: mergeUsers(own['users'], theirs['users']) };
}

function mergeUsers(own: unknown, theirs: unknown): unknown[] {
  const others = [theirs ?? []].flat();
  return [own].flat().flatMap((user) => {
    const same = others.filter((other) => nameOf(other) === nameOf(user));
    const rest = others.filter((other) => nameOf(other) !== nameOf(user));
    return [Object.assign({}, user, ...same), ...rest];
  });
}

const nameOf = (user: unknown): unknown =>
  typeof user === 'object' && user !== null && 'name' in user ? user.name : user;

/** Several parts of user-data in one; cloud-init tells what each is by its first line. */
function multipart(parts: readonly string[]): string {
  const boundary = '==jumplead-user-data==';
  const head = 'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: base64\n\n';
  const bodies = parts.map((part) => `--${boundary}\n${head}${Buffer.from(part).toString('base64')}\n`);
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\n\n`,
    ...bodies,
    `--${boundary}--\n`,
  ].join('');
}
