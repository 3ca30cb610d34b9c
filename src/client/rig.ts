import { Composite, type Interface, type Rig } from '../interfaces/index.ts';

/** What a name of a rig stands for: a node without children, or a rig of its own. */
export type RigEntry = Interface | Rig;

/** Names and what they stand for, as `defineRig` takes them. */
export interface RigEntries {
  readonly [name: string]: RigEntry;
}

type AsRig<E> = E extends Rig ? E : E extends Interface ? Rig<E, Record<never, never>> : never;
type AsChildren<E extends RigEntries> = { readonly [K in keyof E]: AsRig<E[K]> };

/**
 * Says which nodes a device has, and what each can do: `defineRig({ power: Power, console: Console })`. With a first
 * argument the root is more than a group: `defineRig(Machine, { power: VirtualPower })`.
 *
 * `connect` checks it once against what the exporter announces. Nodes that a rig does not name may be there as well.
 */
export function defineRig<const E extends RigEntries>(children: E): Rig<typeof Composite, AsChildren<E>>;
export function defineRig<I extends Interface, const E extends RigEntries>(
  root: I,
  children: E,
): Rig<I, AsChildren<E>>;
export function defineRig(first: Interface | RigEntries, second?: RigEntries): Rig {
  const root = second ? (first as Interface) : Composite; // SAFE: the two signatures
  const entries = second ?? (first as RigEntries); // SAFE: as above
  const children = Object.entries(entries).map(([name, entry]) => [name, asRig(entry)]);
  return { interface: root, children: Object.fromEntries(children) };
}

const asRig = (entry: RigEntry): Rig => ('methods' in entry ? { interface: entry, children: {} } : entry);
