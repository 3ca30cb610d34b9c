import type { Need, PackageManager } from './needs.js';

/** How programs are installed on a host. */
export interface PackageHost {
  /** `undefined`: none that we know. */
  readonly manager: PackageManager | undefined;
  readonly ubuntu: boolean;
  readonly root: boolean;
}

/**
 * The package that meets `need` on a host, or, where we know no package manager, the program itself; `null`: there is none;
 * `undefined`: not needed there.
 */
export declare function packageFor(
  need: Need,
  host: Pick<PackageHost, 'manager' | 'ubuntu'>,
): string | null | undefined;

/** The line that installs `packages`; `undefined` where we know no package manager. */
export declare function installLine(
  packages: readonly string[],
  host: Pick<PackageHost, 'manager' | 'root'>,
): string | undefined;
