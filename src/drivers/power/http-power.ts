import { z } from 'zod';
import {
  DeviceError,
  isDutError,
  type Log,
  mistake,
  startDeadline,
  UnreachableError,
} from '../../core/index.ts';
import { defineDriver } from '../../driver/index.ts';
import { DurationText, MeteredPower } from '../../interfaces/index.ts';
import { readNumber } from './json-path.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

const Request = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }),
    method: z.enum(METHODS).default('GET'),
    body: z.string().optional().describe('what is sent with POST, PUT or PATCH'),
    headers: z.record(z.string(), z.string()).default({}),
  })
  .refine(({ method, body }) => body === undefined || ['POST', 'PUT', 'PATCH'].includes(method), {
    path: ['body'],
    error: 'only POST, PUT and PATCH have a body',
  });
type Request = z.output<typeof Request>;

/** The configuration of `httpPower`. */
export const HttpPowerConfig = z.strictObject({
  name: z.string().default('device').describe('what the device is called in logs and errors'),
  on: Request.describe('the request that switches on'),
  off: Request.describe('the request that switches off'),
  read: Request.optional().describe('the request whose answer is a measurement, in JSON'),
  voltagePath: z
    .string()
    .min(1)
    .optional()
    .describe("where the voltage is in that answer: 'meters.0.voltage'"),
  currentPath: z.string().min(1).optional().describe('where the current is in that answer'),
  auth: z
    .strictObject({ user: z.string(), password: z.string() })
    .optional()
    .describe('by HTTP basic authentication'),
  timeout: DurationText.default('30s').describe('how long the device may take to answer'),
});
type HttpPowerConfig = z.output<typeof HttpPowerConfig>;

/** A power switch that is reached by HTTP: a smart plug, a power strip, somebody's web service. */
export const httpPower = defineDriver({
  name: 'http-power',
  interface: MeteredPower,
  config: HttpPowerConfig,
  open: (config) => ({
    on: async ({ signal, log }) => {
      await ask(config, 'on', config.on, signal, log);
      return null;
    },
    off: async ({ signal, log }) => {
      await ask(config, 'off', config.off, signal, log);
      return null;
    },
    async *read({ signal, log }) {
      const { read, voltagePath, currentPath } = config;
      if (!read) throw mistake('read', 'this power switch measures nothing: no request is configured for it');
      const text = await ask(config, 'read', read, signal, log);
      const answer = parse(text);
      yield {
        voltage: readNumber(answer, voltagePath, 'voltage'),
        current: readNumber(answer, currentPath, 'current'),
      };
    },
  }),
});

/** The end of an answer that an error quotes. */
const QUOTED = 500;

async function ask(
  { name, auth, timeout }: HttpPowerConfig,
  what: string,
  { url, method, body, headers }: Request,
  signal: AbortSignal,
  log: Log,
): Promise<string> {
  const target = withoutSecrets(url);
  log.info(`${what}: ${method} ${target}`);
  using deadline = startDeadline({ timeout, signal }, { operation: what, waitingFor: `${name} to answer` });
  try {
    const answer = await fetch(url, {
      method,
      headers: { ...headers, ...(auth && { authorization: basic(auth) }) },
      // As bytes: for text a type would be made up.
      ...(body !== undefined && { body: Buffer.from(body) }),
      signal: deadline.signal,
    });
    const text = await answer.text();
    if (answer.ok) return text;
    throw new DeviceError(
      `${what}: ${name} at ${target} answered ${answer.status} ${answer.statusText}`.trimEnd(),
      {
        event: `HTTP ${answer.status}`,
        tail: text.slice(-QUOTED),
      },
    );
  } catch (cause) {
    deadline.signal.throwIfAborted();
    if (isDutError(cause)) throw cause;
    throw new UnreachableError(
      `${what}: ${name} at ${target} does not answer: ${reasonOf(cause)}`,
      { target },
      { cause },
    );
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw mistake('read', `the answer is not JSON: ${JSON.stringify(text.slice(0, QUOTED))}`);
  }
}

const basic = ({ user, password }: { readonly user: string; readonly password: string }) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** An address as it may be read by others: plugs take passwords and tokens in their queries. */
function withoutSecrets(url: string): string {
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search ? '?…' : ''}`;
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  return 'code' in inner ? String(inner.code) : inner.message;
}
