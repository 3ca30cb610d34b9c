import { ConfigError } from '../../core/index.ts';
import { Shell } from '../../interfaces/index.ts';
import { defineFake, type Fake } from './define-fake.ts';
import { type Failures, FakeDevice } from './fake-device.ts';

/** What a script of a fake is called with. */
export interface FakeScriptCall {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What a script of a fake prints, and how it ends: by default nothing, and with 0. */
export interface FakeScriptResult {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
}

export interface FakeShellOptions {
  readonly fail?: Failures<typeof Shell>;
  /** What each script does. */
  readonly methods?: Readonly<Record<string, (call: FakeScriptCall) => FakeScriptResult>>;
}

/** A host with scripts. */
export class FakeShellDevice extends FakeDevice<typeof Shell> {}

/** Scripts that are functions of the test. */
export function fakeShell(options: FakeShellOptions = {}): Fake<typeof Shell, FakeShellDevice> {
  const { fail, methods = {} } = options;
  return defineFake({
    name: 'fake-shell',
    interface: Shell,
    device: new FakeShellDevice('fake-shell', fail),
    open: () => ({
      getMethods: async () => Object.keys(methods),
      async *callMethod(method, env, args, { signal }) {
        const script = Object.hasOwn(methods, method) ? methods[method] : undefined;
        if (!script) {
          const message = `argument method: got ${JSON.stringify(method)}; there is: ${Object.keys(methods).join(', ')}`;
          throw new ConfigError(message, { issues: [{ path: 'method', message }] });
        }
        const { stdout = '', stderr = '', exitCode = 0 } = script({ args, env: env ?? {} });
        if (stdout !== '') yield [stdout, '', null];
        signal.throwIfAborted();
        if (stderr !== '') yield ['', stderr, null];
        yield ['', '', exitCode];
      },
    }),
  });
}
