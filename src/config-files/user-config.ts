import { access } from 'node:fs/promises';
import { z } from 'zod';
import { pythonYaml } from './client-config.ts';
import { Text } from './lenient.ts';
import { writePrivately } from './private-file.ts';
import { readConfig } from './read-config.ts';

const UserSchema = z.object({
  apiVersion: z.literal('jumpstarter.dev/v1alpha1').optional(),
  kind: z.literal('UserConfig').optional(),
  config: z.object({ 'current-client': Text.nullish(), current_client: Text.nullish() }),
});

/** The name of the client that is in use; undefined where there is none. @throws ConfigError when the file is wrong */
export async function readCurrentClient(file: string): Promise<string | undefined> {
  if (!(await isThere(file))) return undefined;
  const { content, findings } = await readConfig(file, 'the configuration of a user');
  const user = findings.check(UserSchema, content, []);
  findings.throwIfAny();
  return user?.config['current-client'] ?? user?.config.current_client ?? undefined;
}

/** Notes which client is in use. */
export async function writeCurrentClient(file: string, alias: string | undefined): Promise<void> {
  const content = {
    apiVersion: 'jumpstarter.dev/v1alpha1',
    kind: 'UserConfig',
    config: { 'current-client': alias ?? null },
  };
  await writePrivately(file, pythonYaml(content));
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
