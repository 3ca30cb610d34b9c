import { stringify } from 'yaml';
import { z } from 'zod';
import { Text, Whole, YesOrNo } from './lenient.ts';
import { writePrivately } from './private-file.ts';
import { writtenTags } from './pyyaml.ts';
import { readConfig } from './read-config.ts';

/** Who a client is, to the controller of a lab. The keys are those of the file. */
export interface ClientConfig {
  readonly metadata: { readonly namespace: string | null; readonly name: string };
  readonly endpoint: string | undefined;
  readonly tls: { readonly ca: string; readonly insecure: boolean };
  /** Secret. */
  readonly token: string | undefined;
  /** Secret. */
  readonly refresh_token: string | undefined;
  readonly grpcOptions: Readonly<Record<string, string | number>>;
  readonly drivers: { readonly allow: readonly string[]; readonly unsafe: boolean };
  readonly shell: { readonly use_profiles: boolean };
  readonly leases: LeaseTimes;
}

/** How long is waited for a lease, in seconds. */
export interface LeaseTimes {
  readonly acquisition_timeout: number;
  readonly dial_timeout: number;
  readonly retry_timeout: number;
}

/** What counts where the file says nothing. */
export const LEASE_TIMES: LeaseTimes = { acquisition_timeout: 7200, dial_timeout: 60, retry_timeout: 300 };

const Seconds = (least: number) =>
  z.coerce.number({ error: `expected seconds, ${least} or more` }).min(least);

const ClientSchema = z.object({
  apiVersion: z.literal('jumpstarter.dev/v1alpha1').optional(),
  kind: z.literal('ClientConfig').optional(),
  metadata: z.object({ namespace: Text.nullable(), name: Text }),
  endpoint: Text.nullish(),
  tls: z.object({ ca: Text.default(''), insecure: YesOrNo.default(false) }).prefault({}),
  token: Text.nullish(),
  refresh_token: Text.nullish(),
  grpcOptions: z.record(z.string(), z.union([Text, z.int()])).nullish(),
  drivers: z
    .object({
      allow: z
        .preprocess((value) => (typeof value === 'string' ? value.split(',') : value), z.array(Text))
        .default([]),
      unsafe: YesOrNo.default(false),
    })
    .prefault({}),
  shell: z.object({ use_profiles: YesOrNo.default(false) }).prefault({}),
  leases: z
    .object({
      acquisition_timeout: Whole.pipe(z.int().min(5, 'expected seconds, 5 or more')).default(7200),
      dial_timeout: Seconds(0).default(LEASE_TIMES.dial_timeout),
      retry_timeout: Seconds(0).default(LEASE_TIMES.retry_timeout),
    })
    .prefault({}),
  // Jumpstarter takes them too, and then overwrites them.
  alias: z.unknown().optional(),
  path: z.unknown().optional(),
});

/** Where Jumpstarter refuses keys that it does not know. */
const MUST_KNOW = ['', 'metadata', 'drivers', 'leases'];

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads a client's file. What the file lacks comes from `JMP_NAMESPACE`, `JMP_NAME`, `JMP_ENDPOINT`, `JMP_TOKEN` and
 * `JMP_REFRESH_TOKEN`.
 *
 * @throws ConfigError with every mistake of the file, each with line and column
 */
export async function readClientConfig(file: string, env: Env = process.env): Promise<ClientConfig> {
  const { content, findings } = await readConfig(file, 'the file of a client');
  findings.checkKeys(ClientSchema, content, [], (path) => MUST_KNOW.includes(path.join('.')));
  const config = findings.check(ClientSchema, withEnv(content, env), []);
  findings.throwIfAny();
  if (!config) throw new RangeError('a client that is wrong has said why');
  const { drivers } = config;
  return {
    ...config,
    endpoint: config.endpoint ?? undefined,
    token: config.token ?? undefined,
    refresh_token: config.refresh_token ?? undefined,
    grpcOptions: config.grpcOptions ?? {},
    drivers: { ...drivers, unsafe: drivers.unsafe || drivers.allow.includes('UNSAFE') },
  };
}

function withEnv(given: Readonly<Record<string, unknown>>, env: Env): object {
  const from = (names: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(names).flatMap(([key, name]) => (env[name] === undefined ? [] : [[key, env[name]]])),
    );
  const metadata = given['metadata'] ?? {};
  return {
    ...from({ endpoint: 'JMP_ENDPOINT', token: 'JMP_TOKEN', refresh_token: 'JMP_REFRESH_TOKEN' }),
    ...given,
    metadata:
      typeof metadata === 'object'
        ? { ...from({ namespace: 'JMP_NAMESPACE', name: 'JMP_NAME' }), ...metadata }
        : metadata,
  };
}

/** Writes a client's file as Jumpstarter does: no key that it does not know, and none that has no value. */
export async function writeClientConfig(file: string, config: ClientConfig): Promise<void> {
  const { metadata, endpoint, tls, token, refresh_token, grpcOptions, drivers, shell, leases } = config;
  const unusual = Object.entries(leases).filter(
    ([key, value]) => LEASE_TIMES[key as keyof LeaseTimes] !== value,
  ); // SAFE: its own keys
  const content = {
    apiVersion: 'jumpstarter.dev/v1alpha1',
    kind: 'ClientConfig',
    metadata,
    ...(endpoint !== undefined && { endpoint }),
    tls,
    ...(token !== undefined && { token }),
    ...(refresh_token !== undefined && { refresh_token }),
    ...{ grpcOptions, drivers, shell },
    // Older ones refuse the key.
    ...(unusual.length > 0 && { leases: Object.fromEntries(unusual) }),
  };
  await writePrivately(file, pythonYaml(content));
}

/** Text of YAML that PyYAML reads as the same values. */
export function pythonYaml(content: unknown): string {
  return stringify(content, { version: '1.1', merge: false, customTags: writtenTags, lineWidth: 0 });
}
