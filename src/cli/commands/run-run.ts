import { UnsupportedError } from '../../core/index.ts';
import type { ExporterFile } from '../../exporter-file/index.ts';
import { type ExporterSource, loadExporter } from '../exporter-source.ts';
import { listenForInterrupts } from '../interrupt.ts';
import type { LogOptions } from '../log-options.ts';
import { PASSPHRASE_VARIABLE } from '../passphrase.ts';
import { keepServing } from '../run/keep-serving.ts';
import type { ListenerOptions } from '../run/plan-listener.ts';
import { prepareListener } from '../run/prepare-listener.ts';
import { serveExporter } from '../run/serve-exporter.ts';
import { openLog } from '../run/text-log.ts';

export interface RunOptions extends ExporterSource, ListenerOptions, LogOptions {
  readonly exitOnLeaseEnd?: boolean | undefined;
}

/** Serves an exporter file until it is told to stop. */
export async function runExporter(options: RunOptions): Promise<void> {
  using interrupts = listenForInterrupts();
  const prepared = await prepareListener(options, process.env);
  // What is started from here on need not know it.
  delete process.env[PASSPHRASE_VARIABLE];
  const file = await loadExporter(options);
  if (!prepared && file.endpoint !== undefined) throw noController(file);
  const log = openLog(options.logLevel, options.logFormat);
  for (const notice of [...file.notices, ...(prepared?.notices ?? []), ...withoutMeaning(file, options)])
    process.stderr.write(`note: ${notice}\n`);
  const { signal } = interrupts;
  const { failureDetection } = file;
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  await keepServing(() => serveExporter(file, { prepared, log, signal }), { failureDetection, signal, say });
}

function withoutMeaning({ exitOnLeaseEnd }: ExporterFile, options: RunOptions): string[] {
  if (!exitOnLeaseEnd && !options.exitOnLeaseEnd) return [];
  return ['exitOnLeaseEnd has no meaning without a controller: there are no leases to end'];
}

function noController({ endpoint, file }: ExporterFile): UnsupportedError {
  const message = [
    `cannot register with the controller at ${endpoint}: jumplead does not speak to controllers yet`,
    'serve the same file without one: add --tls-grpc-listener [HOST:]PORT for clients elsewhere,',
    `or take the endpoint out of ${file} for those on this host`,
  ].join('\n');
  const available = ['--tls-grpc-listener', 'a private socket'];
  return new UnsupportedError(message, { capability: 'controller', available });
}
