import { PNG } from 'pngjs';
import { DeviceError } from '../../core/index.ts';

/** A screen with text has at least a background, a foreground, and more than a stray line of the latter. */
const LEAST_LIT = 200;

/** Looks whether a picture shows anything. @throws DeviceError for a blank one. Returns `WIDTHxHEIGHT`. */
export function checkPicture(png: Uint8Array): string {
  const { width, height, data } = PNG.sync.read(Buffer.from(png));
  const [red, green, blue] = data;
  let others = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] !== red || data[at + 1] !== green || data[at + 2] !== blue) others += 1;
  }
  if (others >= LEAST_LIT) return `${width}x${height}`;
  throw new DeviceError(`the screen is blank: ${others} of ${width * height} pixels differ from the first`, {
    event: 'blank screen',
    tail: '',
  });
}
