import type { z } from 'zod';
import type { Driver } from './driver.ts';

/** The drivers below one, by the names they have in an exporter file. */
export type GivenChildren = Readonly<Record<string, Driver>>;

/**
 * A kind of driver that exporter files can name: by our own name, or by the class path of the Python driver that it
 * stands in for. An npm package that offers one exports it as `driverType`.
 */
export interface DriverType {
  /** Our own name: `tcp-network`. */
  readonly name: string;
  /** Our keys and defaults. */
  readonly own: DriverForm;
  /** By Python class path: Python's keys and defaults. What every Python driver takes (`labels`, `log_level`) is not among them. */
  readonly python: Readonly<Record<string, DriverForm>>;
}

/** One way to write a driver down. */
export interface DriverForm {
  /** What `config:` may hold: an object; `{}` where the file has no `config:`. */
  readonly config: z.ZodType;
  readonly children: AllowedChildren;
  /**
   * The driver. Pure; nothing is opened.
   * @throws ConfigError for what only shows when config and children are seen together. The paths of its issues begin
   * in the entry: `children.tcp`, `config.port`.
   */
  readonly create: (config: unknown, children: GivenChildren) => Driver;
  /** What whoever starts an exporter with this is told: a default that is not safe, a key that has no effect. */
  readonly notices: (config: unknown) => readonly string[];
}

/** The children that an entry may have. */
export interface AllowedChildren {
  readonly required: readonly string[];
  /** Whether it may have others, by any name. */
  readonly others: boolean;
}

/** Makes a form; `create` gets the configuration as the schema has checked it, its defaults filled in. */
export function driverForm<S extends z.ZodType>(form: {
  readonly config: S;
  /** Default: none. */
  readonly children?: Partial<AllowedChildren>;
  readonly create: (config: z.output<S>, children: GivenChildren) => Driver;
  readonly notices?: (config: z.output<S>) => readonly string[];
}): DriverForm {
  const { config, children, create, notices } = form;
  type Checked = z.output<S>;
  return {
    config,
    children: { required: children?.required ?? [], others: children?.others ?? false },
    // SAFE: what parsed the file gives is what this schema has made
    create: (checked, below) => create(checked as Checked, below),
    notices: (checked) => notices?.(checked as Checked) ?? [],
  };
}

/** A kind of driver by its names, without its code: so that a command line which needs none of it starts at once. */
export interface KnownDriverType {
  readonly name: string;
  /** The Python class paths. */
  readonly python: readonly string[];
  readonly load: () => Promise<DriverType>;
}
