import { z } from 'zod';
import { type Findings, Text, Whole, YesOrNo } from '../config-files/index.ts';
import type { Duration } from '../core/index.ts';
import type { Hook, OnHookFailure } from '../exporter/index.ts';
import type { ExporterFile } from './exporter-file.ts';

const OnFailure = z.enum(['warn', 'endLease', 'exit'] satisfies OnHookFailure[]);
const Seconds = Whole.pipe(z.int().min(1, 'expected seconds, 1 or more'));
const inSeconds = (seconds: number): Duration => `${seconds}s`;

const HookSchema = z
  .object({
    script: Text,
    exec: Text.nullish(),
    timeout: Seconds.default(120),
    onFailure: OnFailure.optional(),
    on_failure: OnFailure.optional(),
  })
  .transform(({ script, exec, timeout, onFailure, on_failure }): Hook | undefined =>
    script.trim() === ''
      ? undefined
      : {
          script,
          exec: exec ?? undefined,
          timeout: inSeconds(timeout),
          onFailure: onFailure ?? on_failure ?? 'warn',
        },
  )
  .nullish();

const HooksSchema = z
  .object({
    beforeLease: HookSchema,
    before_lease: HookSchema,
    afterLease: HookSchema,
    after_lease: HookSchema,
  })
  .transform(({ beforeLease, before_lease, afterLease, after_lease }) => ({
    beforeLease: beforeLease ?? before_lease ?? undefined,
    afterLease: afterLease ?? after_lease ?? undefined,
  }));

const FailureDetectionSchema = z
  .object({
    maxRapidFailures: Whole.optional(),
    max_rapid_failures: Whole.optional(),
    rapidFailureWindow: Whole.optional(),
    rapid_failure_window: Whole.optional(),
  })
  .transform((given) => ({
    isStated: Object.values(given).some((value) => value !== undefined),
    maxRapidFailures: given.maxRapidFailures ?? given.max_rapid_failures ?? 5,
    rapidFailureWindow: inSeconds(given.rapidFailureWindow ?? given.rapid_failure_window ?? 60),
  }));

/** The file apart from `export:`. What it does not know passes. */
const HeaderSchema = z.object({
  apiVersion: z.literal('jumpstarter.dev/v1alpha1').optional(),
  kind: z.literal('ExporterConfig').optional(),
  metadata: z.object({ namespace: Text.nullable(), name: Text }),
  endpoint: Text.nullish(),
  token: Text.nullish(),
  tls: z.object({ ca: Text.default(''), insecure: YesOrNo.default(false) }).prefault({}),
  grpcOptions: z.record(z.string(), z.union([Text, z.int()])).nullish(),
  description: Text.nullish(),
  motd: Text.nullish(),
  hooks: HooksSchema.prefault({}),
  failureDetection: FailureDetectionSchema.prefault({}),
  exitOnLeaseEnd: YesOrNo.default(false),
  /** Ours: the npm packages whose drivers this file may name. */
  drivers: z.strictObject({ allow: z.array(Text) }).optional(),
  export: z.unknown().optional(),
  // Jumpstarter takes them too, and then overwrites them.
  alias: z.unknown().optional(),
  path: z.unknown().optional(),
});

/** What the file says apart from its drivers. */
export interface Header extends Omit<ExporterFile, 'file' | 'driver' | 'notices'> {
  readonly allowedPackages: readonly string[];
}

type Env = Readonly<Record<string, string | undefined>>;

/** Reads everything but `export:`; `env` has the metadata that is missing. Undefined when something is wrong, which is noted. */
export function readHeader(
  value: Readonly<Record<string, unknown>>,
  findings: Findings,
  env: Env,
): Header | undefined {
  const filled = { ...value, metadata: fillMetadata(value['metadata'], env) };
  findings.checkKeys(HeaderSchema, value, [], (path) => path[0] === 'metadata');
  const header = findings.check(HeaderSchema, filled, []);
  if (!header) return undefined;
  const { metadata, endpoint, token, tls, hooks, failureDetection, exitOnLeaseEnd } = header;
  return {
    ...metadata,
    ...{ tls, hooks, failureDetection, exitOnLeaseEnd },
    endpoint: endpoint ?? undefined,
    token: token ?? undefined,
    grpcOptions: header.grpcOptions ?? {},
    description: header.description ?? undefined,
    motd: header.motd ?? undefined,
    allowedPackages: header.drivers?.allow ?? [],
  };
}

function fillMetadata(given: unknown, env: Env): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const { JMP_NAMESPACE: namespace, JMP_NAME: name } = env;
  return { ...(namespace !== undefined && { namespace }), ...(name !== undefined && { name }), ...given };
}
