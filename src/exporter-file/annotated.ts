import type { LogLevel } from '../core/index.ts';
import { type Driver, openChildren } from '../driver/index.ts';

/** What a file says about a driver whatever it is. */
export interface Notes {
  readonly description: string | undefined;
  /** Help of methods, by their names on the wire. */
  readonly methods: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly logLevel: LogLevel | undefined;
  /** What the file puts below the driver beside what it has of its own. */
  readonly added: Readonly<Record<string, Driver>>;
}

/** The driver with what the file says about it. */
export function annotated(driver: Driver, { description, methods, labels, logLevel, added }: Notes): Driver {
  return {
    ...driver,
    origin: undefined,
    children: { ...added, ...driver.children },
    open: async (given) => {
      await using stack = new AsyncDisposableStack();
      const log = logLevel ? given.log.child({}, { level: logLevel }) : given.log;
      const context = { ...given, log };
      const node = await driver.open(context);
      stack.defer(async () => node.close?.());
      const more = await openChildren(added, context, stack);
      const held = stack.move();
      return {
        ...node,
        children: { ...more, ...node.children },
        description: description ?? node.description,
        help: { ...node.help, ...methods },
        labels: { ...labels, ...node.labels },
        logLevel: logLevel ?? node.logLevel,
        close: () => held.disposeAsync(),
      };
    },
  };
}
