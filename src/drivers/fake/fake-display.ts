import { Display } from '../../interfaces/index.ts';
import { connectTo } from './counterpart.ts';
import { defineFake, type Fake } from './define-fake.ts';
import { type Failures, FakeDevice } from './fake-device.ts';
import { encodePng } from './png.ts';
import { serveRfb } from './rfb-server.ts';
import { type Picture, Screen } from './screen.ts';

export interface FakeDisplayOptions {
  readonly fail?: Failures<typeof Display>;
  /** In points; 320 by 200 by default. */
  readonly width?: number;
  readonly height?: number;
  /** What the screen shows first; a test card by default. */
  readonly picture?: Picture;
}

/** A graphics card with a screen. */
export class FakeDisplayDevice extends FakeDevice<typeof Display> {
  readonly screen: Screen;

  constructor({ width = 320, height = 200, picture, fail }: FakeDisplayOptions) {
    super('fake-display', fail);
    this.screen = new Screen(width, height, picture);
  }
}

/** A screen that any RFB viewer can look at. */
export function fakeDisplay(options: FakeDisplayOptions = {}): Fake<typeof Display, FakeDisplayDevice> {
  const device = new FakeDisplayDevice(options);
  return defineFake({
    name: 'fake-display',
    interface: Display,
    device,
    open: () => ({
      connect: async () => connectTo((viewer) => serveRfb(viewer, device.screen)),
      screenshot: async () => connectTo((reader) => reader.write(encodePng(device.screen))),
    }),
  });
}
