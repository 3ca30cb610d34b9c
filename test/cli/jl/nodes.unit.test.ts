import { Command } from 'commander';
import { expect, test } from 'vitest';
import { entryOf } from '../../../src/cli/jl/nodes.ts';
import type { ExploredNode } from '../../../src/client/index.ts';
import * as interfaces from '../../../src/interfaces/index.ts';

const isContract = (value: unknown): value is interfaces.Interface =>
  typeof value === 'object' && value !== null && 'methods' in value && 'id' in value;
const exported: readonly unknown[] = Object.values(interfaces);
const CONTRACTS = exported.filter(isContract);

test.each(CONTRACTS.map((contract) => [contract.id, contract] as const))(
  '%s has commands',
  async (id, contract) => {
    const entry = entryOf({ interface: contract });
    expect(entry?.summary).toMatch(/^\S/);
    if (id === 'composite.v1') return;
    const commands = await entry?.load?.();
    expect(commands).toBeDefined();
    // Scripts have to be asked for.
    if (!commands || id === 'shell.v1') return;
    const command = new Command('jl').enablePositionalOptions();
    const node = { path: 'a.node', name: 'node', pythonClient: contract.pythonClient, interface: contract };
    await commands.register(command, node as ExploredNode, { signal: new AbortController().signal }); // SAFE: nothing is asked
    const names = command.commands.map((sub) => sub.name());
    expect(names.length).toBeGreaterThan(0);
    if (commands.byDefault !== undefined) expect(names).toContain(commands.byDefault);
    for (const sub of command.commands) expect(sub.description(), sub.name()).toMatch(/^\S/);
  },
);
