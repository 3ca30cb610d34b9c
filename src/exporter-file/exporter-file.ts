import type { Duration } from '../core/index.ts';
import type { Driver } from '../driver/index.ts';

/** What an exporter file says, checked. Its drivers are not opened yet. */
export interface ExporterFile {
  /** The absolute path. */
  readonly file: string;
  readonly name: string;
  readonly namespace: string | null;
  /** Of the controller, `host:port`; undefined where the exporter needs none. */
  readonly endpoint: string | undefined;
  /** Secret. */
  readonly token: string | undefined;
  readonly tls: TlsSettings;
  readonly grpcOptions: Readonly<Record<string, string | number>>;
  readonly description: string | undefined;
  /** For whoever connects. */
  readonly motd: string | undefined;
  readonly hooks: Hooks;
  readonly failureDetection: FailureDetection;
  readonly exitOnLeaseEnd: boolean;
  /** The tree under `export:`. It may be opened any number of times, each time with devices of its own. */
  readonly driver: Driver;
  /** To be told when the exporter starts: `FILE:LINE:COLUMN: PATH: MESSAGE`. */
  readonly notices: readonly string[];
}

/** How the controller is trusted. */
export interface TlsSettings {
  /** Base64 of PEM, `''` for the authorities of the system. */
  readonly ca: string;
  readonly insecure: boolean;
}

/** The scripts around a lease; a blank one is none. */
export interface Hooks {
  readonly beforeLease: Hook | undefined;
  readonly afterLease: Hook | undefined;
}

/** A script around a lease. */
export interface Hook {
  /** The text, or the path of a file: the latter where it is one line that names a regular file. */
  readonly script: string;
  /** The interpreter; undefined leaves it to the script. */
  readonly exec: string | undefined;
  readonly timeout: Duration;
  readonly onFailure: HookFailure;
}

/** What follows when a hook fails: a warning, the end of the lease, or of the exporter. */
export const HOOK_FAILURES = ['warn', 'endLease', 'exit'] as const;
export type HookFailure = (typeof HOOK_FAILURES)[number];

/** When an exporter that fails again and again gives up. */
export interface FailureDetection {
  readonly maxRapidFailures: number;
  readonly rapidFailureWindow: Duration;
}
