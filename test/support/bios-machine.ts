/** The smallest machine of ours: it has started within a second, and what is on its disk runs at once. */
export const BIOS = {
  arch: 'x86_64',
  firmware: 'bios',
  memory: '64MiB',
  accelerator: 'tcg',
  cloudInit: false,
} as const;
