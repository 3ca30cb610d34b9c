import { configPlaces, findExporter } from '../config-files/index.ts';
import { ConfigError } from '../core/index.ts';
import { DRIVER_TYPES } from '../driver-types.ts';
import { type ExporterFile, loadExporterFile } from '../exporter-file/index.ts';

/** Which exporter is meant: one of these. */
export interface ExporterSource {
  readonly exporter?: string | undefined;
  readonly exporterConfig?: string | undefined;
}

/** Loads the file that is meant. @throws ConfigError with every mistake in it; NotFoundError for an alias of none */
export async function loadExporter({ exporter, exporterConfig }: ExporterSource): Promise<ExporterFile> {
  if (exporterConfig !== undefined) return await loadExporterFile(exporterConfig, DRIVER_TYPES);
  if (exporter !== undefined)
    return await loadExporterFile(await findExporter(exporter, configPlaces()), DRIVER_TYPES);
  const message = 'name a file by --exporter-config FILE, or one of yours by --exporter ALIAS';
  throw new ConfigError(message, { issues: [{ path: '--exporter-config', message }] });
}
