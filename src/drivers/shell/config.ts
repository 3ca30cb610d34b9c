import { z } from 'zod';
import { DurationText } from '../../interfaces/index.ts';

const Command = z.string().refine((text) => text.trim() !== '', 'a script cannot be empty');

const Script = z.strictObject({
  command: Command.describe('the script itself'),
  description: z.string().optional().describe('help for who calls it'),
  timeout: DurationText.optional().describe('its own time limit'),
});

/** The configuration of `shell`. */
export const ShellConfig = z.strictObject({
  methods: z.record(z.string().min(1), z.union([Command, Script])).describe('the scripts, by name'),
  shell: z
    .array(z.string())
    .min(1)
    .default(['bash', '-c'])
    .describe('the program that runs a script, with its arguments before the script'),
  timeout: DurationText.default('5m').describe('how long a script may run'),
  grace: DurationText.default('5s').describe(
    'how long a script that is told to end (SIGTERM) has until it is killed',
  ),
  cwd: z.string().optional().describe('the folder in which scripts run; default: that of the exporter'),
});
/** As the schema of the same name reads it. */
export type ShellConfig = z.output<typeof ShellConfig>;
