/** Properties of an option. What is `undefined` is left out; booleans become `on` and `off`. */
export type Properties = Readonly<Record<string, string | number | boolean | undefined>>;

/** QEMU's `kind,key=value,...`. Commas in values are doubled, as QEMU wants them. */
export function option(kind: string, properties: Properties = {}): string {
  const pairs = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${rendered(value)}`);
  return [...(kind === '' ? [] : [kind]), ...pairs].join(',');
}

const rendered = (value: string | number | boolean | undefined) =>
  typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value).replaceAll(',', ',,');

/** `-device`. */
export const device = (kind: string, properties: Properties): string[] => [
  '-device',
  option(kind, properties),
];

/** The slot of each PCI device: the same in every plan, whatever else is in it, so that machines may stand in for each other. */
export const SLOTS = {
  display: 1,
  net: 2,
  root: 3,
  seed: 4,
  rng: 5,
  serial: 6,
  usb: 7,
  pvpanic: 8,
  scsi: 9,
  /** The first of the further disks. */
  disks: 10,
} as const;

/** A PCI device in its slot, with its id. */
export const pciDevice = (id: string, kind: string, slot: number, properties: Properties = {}): string[] =>
  device(kind, { id, bus: 'pcie.0', addr: `0x${slot.toString(16)}`, ...properties });

/** A block node from a file, in QEMU's JSON: nothing is guessed, least of all the format. */
export function blockNode(
  name: string,
  { path, format, readonly }: { path: string; format: 'raw' | 'qcow2'; readonly: boolean },
): string[] {
  const discard = readonly ? {} : { discard: 'unmap' };
  const file = { driver: 'file', filename: path, 'read-only': readonly, ...discard };
  return [
    '-blockdev',
    JSON.stringify({ 'node-name': name, driver: format, 'read-only': readonly, ...discard, file }),
  ];
}
