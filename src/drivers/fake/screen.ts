import { EventEmitter } from 'node:events';

/** Red, green and blue, 0 to 255 each. */
export type Colour = readonly [number, number, number];

/** The colour of each point. */
export type Picture = (x: number, y: number) => Colour;

/** A key that went down or up on the screen's keyboard, by its X11 keysym (RFC 6143, 7.5.4). */
export interface KeyEvent {
  readonly keysym: number;
  readonly down: boolean;
}

/** A screen without a machine: it shows a picture, and remembers what was done to its keyboard and pointer. */
export class Screen {
  readonly width: number;
  readonly height: number;
  readonly keys: KeyEvent[] = [];
  pointer = { x: 0, y: 0, buttons: 0 };
  #picture: Picture;
  readonly #events = new EventEmitter<{ change: []; key: [KeyEvent] }>();

  constructor(width: number, height: number, picture: Picture = testCard(width, height)) {
    this.width = width;
    this.height = height;
    this.#picture = picture;
  }

  get picture(): Picture {
    return this.#picture;
  }

  /** Shows another picture; every viewer is told. */
  show(picture: Picture): void {
    this.#picture = picture;
    this.#events.emit('change');
  }

  /** Calls `listener` at each change of the picture, until what is returned is called. */
  onChange(listener: () => void): () => void {
    this.#events.on('change', listener);
    return () => this.#events.off('change', listener);
  }

  /** What a viewer does when a key is pressed or let go. */
  press(event: KeyEvent): void {
    this.keys.push(event);
    this.#events.emit('key', event);
  }

  /** Resolves when a key with that keysym goes down; at once when it has done so already. */
  async keyDown(keysym: number): Promise<void> {
    const isIt = (event: KeyEvent) => event.down && event.keysym === keysym;
    const { promise, resolve } = Promise.withResolvers<void>();
    const listener = (event: KeyEvent) => isIt(event) && resolve();
    if (this.keys.some(isIt)) return;
    this.#events.on('key', listener);
    await promise;
    this.#events.off('key', listener);
  }
}

/** Eight vertical bars in the colours of the old test cards, over a grey wedge. */
export function testCard(width: number, height: number): Picture {
  const bars: readonly Colour[] = [
    [255, 255, 255],
    [255, 255, 0],
    [0, 255, 255],
    [0, 255, 0],
    [255, 0, 255],
    [255, 0, 0],
    [0, 0, 255],
    [0, 0, 0],
  ];
  return (x, y) => {
    if (y < height * 0.75) return bars[Math.floor((x * bars.length) / width)] ?? [0, 0, 0];
    const grey = Math.floor((x * 255) / width);
    return [grey, grey, grey];
  };
}
