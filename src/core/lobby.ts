import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { type Duration, parseDuration } from './units.ts';

/** How many connections a server holds, and how long one may be silent. */
export interface LobbyLimits {
  /** Connections that may wait at the same time; when another comes, the one that has waited longest is closed. */
  readonly places: number;
  /** How long one may wait. */
  readonly patience: Duration;
  /** Connections that may stay. */
  readonly seats: number;
}

/** A connection that has come in. */
export interface Visit {
  /** Lets it stay for as long as it likes. False, and it goes on waiting, when all seats are taken. */
  admit(): boolean;
}

/**
 * Where connections wait until they have shown that they are worth keeping: so that those which send nothing never keep
 * out one that does.
 */
export class Lobby {
  readonly #limits: LobbyLimits;
  /** What ends the waiting of each, in the order in which they came. */
  readonly #waiting = new Map<Duplex, NodeJS.Timeout>();
  readonly #seated = new Set<Duplex>();

  constructor(limits: LobbyLimits) {
    this.#limits = limits;
  }

  /** Takes a connection in. It is forgotten when it closes. */
  enter(connection: Duplex): Visit {
    const { places, patience, seats } = this.#limits;
    for (const [oldest] of this.#waiting) {
      if (this.#waiting.size < places) break;
      this.#leave(oldest);
      oldest.destroy();
    }
    const expire = () => connection.destroy();
    this.#waiting.set(connection, setTimeout(expire, parseDuration(patience)).unref());
    connection.once('close', () => this.#leave(connection));
    return {
      admit: () => {
        if (this.#seated.has(connection)) return true;
        if (this.#seated.size >= seats || connection.destroyed) return false;
        this.#leave(connection);
        this.#seated.add(connection);
        return true;
      },
    };
  }

  #leave(connection: Duplex): void {
    clearTimeout(this.#waiting.get(connection));
    this.#waiting.delete(connection);
    this.#seated.delete(connection);
  }
}

/**
 * `places`, or fewer where this process may open few files: what waits takes an eighth of them at most. Nobody is told
 * when a connection is lost for want of a descriptor.
 */
export function affordablePlaces(places: number, openFiles: number = maxOpenFiles()): number {
  return Math.max(1, Math.min(places, Math.floor(openFiles / 8)));
}

/** How many files this process may have open; where that cannot be told, what is usual. */
function maxOpenFiles(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? USUAL : Number(soft);
  } catch {
    return USUAL; // Not Linux.
  }
}

const USUAL = 1_024;
