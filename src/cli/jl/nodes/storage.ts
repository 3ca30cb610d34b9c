import { buffer } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import type { StorageEntry, StorageHandle } from '../../../client/index.ts';
import type { Storage } from '../../../interfaces/index.ts';
import { Unsuccessful } from '../../exit-code.ts';
import { writeTo } from '../copy.ts';
import { handleOf } from '../handle.ts';
import type { JlContext, NodeCommands } from '../node-commands.ts';
import { count } from '../options.ts';
import { withProgress } from '../progress.ts';

/** Files and folders of a storage. Python's `j` was meant to have these commands, but has none of them. */
export const storageCommands: NodeCommands = {
  register: (command, node, context) => {
    const storage = () => handleOf<typeof Storage>(node);
    registerContent(command, storage, context);
    registerPaths(command, storage, context);
    registerFacts(command, storage, context);
  },
};

type Open = () => Promise<StorageHandle>;

function registerContent(command: Command, storage: Open, { signal }: JlContext): void {
  command
    .command('write-bytes')
    .description('replace a file by what stdin says')
    .argument('<path>')
    .action(async (path: string) => {
      const content = await buffer(process.stdin);
      await (await storage()).write(path, content, { signal });
    });
  command
    .command('read-bytes')
    .description('write a file to stdout')
    .argument('<path>')
    .action(async (path: string) => {
      await writeTo(process.stdout, await (await storage()).read(path, { signal }));
    });
  command
    .command('write-from-path')
    .description('replace a file by one of this host, or by what the exporter fetches from a URL')
    .argument('<dst>', 'path in the storage')
    .argument('<src>', 'file or URL')
    .action(async (path: string, source: string) => {
      const handle = await storage();
      await withProgress('upload', (onProgress) => handle.upload(path, source, { onProgress, signal }));
    });
  command
    .command('read-into-path')
    .description('copy a file to this host; it is there only once it is whole')
    .argument('<src>', 'path in the storage')
    .argument('<dst>', 'file')
    .action(async (path: string, file: string) => (await storage()).download(path, file, { signal }));
}

function registerPaths(command: Command, storage: Open, { signal }: JlContext): void {
  const pairs = { copy: 'copy a file', rename: 'give a file another name' } as const;
  for (const [name, help] of Object.entries(pairs)) {
    const act = name as keyof typeof pairs; // SAFE: its keys
    command
      .command(act)
      .description(help)
      .argument('<source>')
      .argument('<target>')
      .action(async (from: string, to: string) => (await storage())[act](from, to, { signal }));
  }
  const singles = {
    'remove-all': ['removeAll', 'delete a path with all below it'],
    'create-dir': ['createDir', 'create a folder, with those above it; its path ends with /'],
    delete: ['delete', 'delete a path; one that is not there is no error'],
  } as const;
  for (const [name, [act, help]] of Object.entries(singles)) {
    command
      .command(name)
      .description(help)
      .argument('<path>')
      .action(async (path: string) => (await storage())[act](path, { signal }));
  }
  const lists = { list: 'what is in a folder', scan: 'what is in a folder and all below it' } as const;
  for (const [name, help] of Object.entries(lists)) {
    const act = name as keyof typeof lists; // SAFE: its keys
    command
      .command(act)
      .description(help)
      .argument('<path>', 'ends with /')
      .action(async (path: string) => {
        for await (const entry of (await storage())[act](path, { signal }))
          await writeTo(process.stdout, Buffer.from(`${entry}\n`));
      });
  }
}

function registerFacts(command: Command, storage: Open, { signal }: JlContext): void {
  command
    .command('stat')
    .description('what is known of a path, as JSON')
    .argument('<path>')
    .action(async (path: string) => printJson(pythonStat(await (await storage()).stat(path, { signal }))));
  command
    .command('hash')
    .description('the digest of a file')
    .argument('<path>')
    .addOption(new Option('--algo <name>').choices(['md5', 'sha256']).default('sha256'))
    .action(async (path: string, { algo }: { algo: 'md5' | 'sha256' }) => {
      process.stdout.write(`${await (await storage()).hash(path, algo, { signal })}\n`);
    });
  command
    .command('exists')
    .description('exit with 0 if there is such a path, with 1 if there is none')
    .argument('<path>')
    .action(async (path: string) => {
      if (await (await storage()).exists(path, { signal })) return;
      process.stderr.write(`path ${path} does not exist\n`);
      throw new Unsuccessful('there is no such path');
    });
  const presigned = { stat: 'presignStat', read: 'presignRead', write: 'presignWrite' } as const;
  for (const [what, act] of Object.entries(presigned)) {
    command
      .command(`presign-${what}`)
      .description(`a signed request that lets whoever has it ${what} a path, as JSON`)
      .argument('<path>')
      .requiredOption('--expire-second <seconds>', 'how long it holds', count)
      .action(async (path: string, { expireSecond }: { expireSecond: number }) =>
        printJson(await (await storage())[act](path, expireSecond, { signal })),
      );
  }
  command
    .command('capability')
    .description('what this storage can do, as JSON')
    .action(async () => printJson(await (await storage()).capability({ signal })));
}

const printJson = (data: unknown) => void process.stdout.write(`${JSON.stringify(data, undefined, 2)}\n`);

/** With the names that Python's command line was to print. */
const pythonStat = ({ size, isFile, isFolder, ...rest }: StorageEntry) => ({
  content_disposition: rest.contentDisposition,
  content_length: size,
  content_md5: rest.md5,
  content_type: rest.contentType,
  etag: rest.etag,
  mode: { is_file: isFile, is_dir: isFolder },
});
