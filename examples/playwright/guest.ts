import { buildTinyGuest } from 'jumplead/images';

/** A small Linux that is a shell within seconds, and may serve pages; your own would be `{ image: './my-image.qcow2' }`. */
export async function tinyGuest() {
  const guest = await buildTinyGuest({ arch: 'x86_64' });
  const forwards = { web: { guestPort: 80 } };
  return {
    arch: 'x86_64',
    memory: '256MiB',
    cloudInit: false,
    accelerator: 'tcg',
    forwards,
    ...guest,
  } as const;
}
