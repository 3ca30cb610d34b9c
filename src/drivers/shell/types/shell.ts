import { z } from 'zod';
import { type DriverType, driverForm } from '../../../driver/index.ts';
import { ShellConfig } from '../config.ts';
import { shell } from '../shell.ts';

const { methods, shell: program } = ShellConfig.shape;
const Seconds = z.number().positive();

const PythonScript = z.strictObject({
  command: z.string().min(1),
  description: z.string().optional(),
  timeout: Seconds.optional(),
});

/** Python's keys; times are seconds. */
const PythonConfig = z.strictObject({
  methods: z.record(methods.keyType, z.union([z.string().min(1), PythonScript])),
  shell: program,
  timeout: Seconds.default(300),
  cwd: z.string().nullish(),
});

type PythonMethod = z.output<typeof PythonConfig>['methods'][string];

const inSeconds = (seconds: number) => `${seconds}s` as const;

function translate(script: PythonMethod) {
  if (typeof script === 'string') return script;
  const { timeout, ...rest } = script;
  return timeout === undefined ? rest : { ...rest, timeout: inSeconds(timeout) };
}

/** `shell` in exporter files. */
export const shellType: DriverType = {
  name: 'shell',
  own: driverForm({ config: ShellConfig, create: (config) => shell(config) }),
  python: {
    'jumpstarter_driver_shell.driver.Shell': driverForm({
      config: PythonConfig,
      create: ({ methods: scripts, timeout, cwd, shell: argv }) =>
        shell({
          methods: Object.fromEntries(
            Object.entries(scripts).map(([name, script]) => [name, translate(script)]),
          ),
          shell: argv,
          timeout: inSeconds(timeout),
          ...(cwd != null && { cwd }),
        }),
    }),
  },
};
