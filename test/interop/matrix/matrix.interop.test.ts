/**
 * Every driver in five combinations of ours and the stock packages; the table is printed at the end. One Python exporter and
 * one Python client serve all rows.
 */
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, exploreSession, type RigEntry } from '../../../src/client/index.ts';
import type { Driver } from '../../../src/driver/index.ts';
import { Composite, type Rig } from '../../../src/interfaces/index.ts';
import { selfSigned } from '../../exporter/self-signed.ts';
import { PATIENCE } from '../../support/long.ts';
import { openPythonEnv } from '../python-env.ts';
import { ourCommand, stockCommand } from './commands.ts';
import { type Exporter, type Lab, openOurs, startPython } from './exporters.ts';
import { assertChecks, type PythonChecks, type PythonRow, runPythonColumn } from './python-column.ts';
import { type AnyRow, COLUMNS, type Column, type Instance, isDash, live, type Parts } from './row.ts';
import { ROWS } from './rows.ts';
import { type Counts, renderCounts } from './table.ts';

const stack = new AsyncDisposableStack();
const counts: Record<string, Partial<Record<Column, number>>> = {};
const parts = new Map<AnyRow, Parts<unknown>>();
let lab: Lab;
let ours: Exporter;
let python: Promise<Exporter> | undefined;
let pythonColumn: Promise<PythonChecks> | undefined;

const folderOf = (row: AnyRow) => join(lab.folder, row.name);

beforeAll(async () => {
  const { path: folder } = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-matrix-')));
  const certificate = await selfSigned();
  await writeFile(join(folder, 'cert.pem'), certificate.cert);
  await writeFile(join(folder, 'key.pem'), certificate.key);
  lab = { folder, stack, python: await openPythonEnv(), certificate, passphrase: 'open sesame' };
  const served: Record<string, Driver> = {};
  for (const row of ROWS) {
    await mkdir(folderOf(row));
    const opened = await row.open({ stack, folder: folderOf(row), lab });
    parts.set(row, opened);
    if (opened.ours) served[row.name] = opened.ours;
  }
  ours = await openOurs(served, lab);
});

afterAll(async () => {
  await stack.disposeAsync();
  console.log(renderCounts(ROWS, counts as Counts));
});

/** The stock exporter, started when a cell needs it. */
function stock(): Promise<Exporter> {
  const nodes = [...parts].flatMap(([{ name }, { python: node }]) => (node ? [[name, node] as const] : []));
  python ??= startPython(Object.fromEntries<Instance>(nodes), lab);
  return python;
}

const factsOf = (row: AnyRow) => parts.get(row)?.facts;

/** What each column does for a row. */
const drive: Readonly<Record<Column, (row: AnyRow) => Promise<void>>> = {
  tsTs: (row) => driveByTypescript(row, 'typescript', ours),
  tsPy: async (row) => driveByTypescript(row, 'python', await stock()),
  pyTs: async (row) => {
    pythonColumn ??= runPythonColumn(pythonRows(), ours, lab);
    assertChecks((await pythonColumn)[row.name] ?? []);
  },
  jTs: (row) => live(row.jTs)({ run: stockCommand(ours, lab), exporter: ours, ...common(row) }),
  jlPy: async (row) => {
    const exporter = await stock();
    await live(row.jlPy)({ run: ourCommand(exporter), exporter, ...common(row) });
  },
};

const common = (row: AnyRow) => ({ facts: factsOf(row), folder: folderOf(row) });

async function driveByTypescript(row: AnyRow, peer: 'typescript' | 'python', exporter: Exporter) {
  const run = live(peer === 'typescript' ? row.tsTs : row.tsPy);
  for (const transport of [exporter.unix, exporter.tls]) {
    const { address, options } = transport;
    await using tree = await connect(address, rigOf(row), options);
    await using explored = await exploreSession(address, options);
    const raw = explored.root.children.get(row.name);
    if (!raw) throw new Error(`the exporter has no ${row.name}`);
    const handle = Object(tree)[row.name];
    await run({ peer, exporter, transport, handle, raw, session: explored.session, lab, ...common(row) });
  }
}

function rigOf(row: AnyRow): Rig {
  const entry: RigEntry = row.rig;
  const node = 'methods' in entry ? { interface: entry, children: {} } : entry;
  return { interface: Composite, children: { [row.name]: node } };
}

function pythonRows(): PythonRow[] {
  return ROWS.filter(({ pyTs }) => !isDash(pyTs)).map((row) => ({
    name: row.name,
    file: live(row.pyTs),
    ...common(row),
  }));
}

for (const [column, title] of Object.entries(COLUMNS) as [Column, string][]) {
  describe(title, () => {
    const rows = ROWS.filter((row) => !isDash(row[column]));
    test.for(rows.map((row) => [row.title, row] as const))('%s', { timeout: PATIENCE }, async ([, row]) => {
      await drive[column](row);
      const { assertionCalls } = expect.getState();
      if (assertionCalls === 0) throw new Error('the cell is empty: nothing was asserted');
      counts[row.name] = { ...counts[row.name], [column]: assertionCalls };
    });
  });
}
