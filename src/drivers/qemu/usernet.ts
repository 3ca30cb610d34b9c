import type { PlannedForward } from './plan/types.ts';

/** A port of the guest as it is reached on the host. */
export interface ActiveForward {
  readonly host: string;
  readonly hostPort: number;
  readonly guestPort: number;
}

/** `TCP[HOST_FORWARD]  14  127.0.0.1  43211  10.0.2.15  22  0  0` */
const FORWARD = /^\s*TCP\[HOST_FORWARD\]\s+\d+\s+(\S+)\s+(\d+)\s+\S+\s+(\d+)\s/gm;

/** The forwards that QEMU has, out of the text of its monitor command `info usernet`. */
export function parseUsernet(text: string): ActiveForward[] {
  return Array.from(text.matchAll(FORWARD), ([, host = '', hostPort, guestPort]) => ({
    host,
    hostPort: Number(hostPort),
    guestPort: Number(guestPort),
  }));
}

/** The planned forwards with the ports that QEMU chose, by name. Two that asked for any port to the same guest port get one each. */
export function matchForwards(
  planned: readonly PlannedForward[],
  active: readonly ActiveForward[],
): Record<string, ActiveForward> {
  const left = [...active];
  // Those with a port of their own first: else one that takes any could take theirs.
  const ordered = planned.toSorted((a, b) => Number(a.hostPort === 0) - Number(b.hostPort === 0));
  return Object.fromEntries(
    ordered.flatMap(({ name, hostPort, guestPort }) => {
      const index = left.findIndex(
        (forward) => forward.guestPort === guestPort && (hostPort === 0 || forward.hostPort === hostPort),
      );
      const [found] = index < 0 ? [] : left.splice(index, 1);
      return found ? [[name, found]] : [];
    }),
  );
}
