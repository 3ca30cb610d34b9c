/** Labels of a report and of its nodes. They are listed in `docs/wire.md`. */
export const Label = {
  /** The Python class that stock clients use for a node. */
  client: 'jumpstarter.dev/client',
  /** The name of a node below its parent; of the exporter, in the labels of the whole report. */
  name: 'jumpstarter.dev/name',
  /** Our own id of a node's interface. */
  interface: 'jumplead.dev/interface',
  /** WIRE_VERSION, in the labels of the whole report. */
  wire: 'jumplead.dev/wire',
} as const;
