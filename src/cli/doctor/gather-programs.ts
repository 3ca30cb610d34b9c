import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runTool } from '../../core/index.ts';
import type { Arch } from '../../drivers/qemu/index.ts';
import { imageTools, missingImageTools } from '../../images/index.ts';
import { MACHINE_NEEDS, type Need } from '../packages/needs.js';
import type { MetNeeds, MissingTool } from './facts.ts';

/** Where each need of a machine is met. */
export async function lookForNeeds(env: NodeJS.ProcessEnv = process.env): Promise<MetNeeds> {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const needs = Object.entries(MACHINE_NEEDS);
  const met = await Promise.all(
    needs.map(async ([id, need]) => [id, await whereMet(need, folders)] as const),
  );
  return Object.fromEntries(met) as MetNeeds; // SAFE: there is an entry for each need
}

async function whereMet({ anyOf }: Need, folders: readonly string[]): Promise<string | null> {
  const paths = anyOf.flatMap((thing) =>
    thing.startsWith('/') ? [thing] : folders.map((folder) => join(folder, thing)),
  );
  for (const path of paths)
    if (await may(path, anyOf.includes(path) ? constants.R_OK : constants.X_OK)) return path;
  return null;
}

const may = (path: string, mode: number) =>
  access(path, mode).then(
    () => true,
    () => false,
  );

/** What building the image of `arch` lacks here. */
export async function lookForImageTools(arch: Arch, isRoot: boolean): Promise<readonly MissingTool[]> {
  return missingImageTools(imageTools('debian-12', arch, { arch: process.arch, isRoot }));
}

/** The version of the ssh program, `null` where there is none. */
export async function lookForSsh(signal: AbortSignal): Promise<{ version: string | null }> {
  const { ssh: path } = await lookForNeeds();
  if (path === null) return { version: null };
  const { stderr } = await runTool(path, ['-V'], { signal });
  return { version: stderr.split(',')[0]?.trim() ?? '' };
}
