import type { Duration } from '../core/index.ts';
import type { Driver } from '../driver/index.ts';
import type { Hooks } from '../exporter/index.ts';

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
  /** A blank script is none. */
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

/** When an exporter that fails again and again gives up. */
export interface FailureDetection {
  /** Whether the file says anything about it. */
  readonly isStated: boolean;
  readonly maxRapidFailures: number;
  readonly rapidFailureWindow: Duration;
}
