import { z } from 'zod';

/** The most that a command of the agent's may read, in bytes. */
export const MAX_AGENT_INPUT = 2 * 2 ** 20;

const Base64 = z.base64({ error: 'expected base64' });

/** A command that the agent in a guest runs: a program and its arguments, without a shell. */
export const AgentCommand = z.strictObject({
  command: z.tuple([z.string().min(1)], z.string()),
  /** Added to the agent's own environment. */
  env: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'expected the name of a variable'), z.string()).optional(),
  /** What it reads, in base64. */
  input: Base64.max(Math.ceil(MAX_AGENT_INPUT / 3) * 4, {
    error: `expected ${MAX_AGENT_INPUT} bytes at most`,
  }).optional(),
});
export type AgentCommand = z.output<typeof AgentCommand>;

/** What became of it: pieces of its output, in base64, and at last how it ended. */
export const AgentOutput = z.union([
  z.object({ stdout: Base64 }),
  z.object({ stderr: Base64 }),
  z.object({
    /** Null where a signal ended it. */
    exitCode: z.int().nullable(),
    signal: z.int().nullable(),
    /** Whether it printed more than the agent keeps: 16 MiB of each. */
    truncated: z.boolean(),
  }),
]);
export type AgentOutput = z.output<typeof AgentOutput>;
