import type { ConsoleFaultEvent } from './faults.ts';

/** A fault that is known by what the console shows. */
export interface FaultPattern {
  readonly event: ConsoleFaultEvent;
  /** In words, as an error begins. */
  readonly what: string;
  /** Nothing more is to be expected of the machine. */
  readonly lasts: boolean;
  /**
   * `kernel`: a message of the kernel, whole, behind its time stamp where there is one. `line`: a whole line. `prompt`: a
   * line that waits for an answer.
   */
  readonly source: 'kernel' | 'line' | 'prompt';
  /** Matches from the beginning of the message. */
  readonly begins: RegExp;
  /** Of the kernel: the message that follows the last of the evidence. */
  readonly ends?: RegExp;
  /** Each of what `begins` and `ends` match has one of these words. */
  readonly words: readonly string[];
}

/** Lockups are left out: under emulation they only say that the host is slow. */
const OOPS =
  /^(?:BUG: (?!soft lockup|workqueue lockup)|kernel BUG at |Oops\b|Internal error: |Unable to handle kernel |general protection fault\b|invalid opcode: )/;

/** All that is looked for. Worse comes first. */
export const FAULT_PATTERNS: readonly FaultPattern[] = [
  {
    event: 'GUEST_PANICKED',
    what: 'the guest panicked',
    lasts: true,
    source: 'kernel',
    begins: /^Kernel panic - not syncing\b/,
    ends: /^(?:---\[ end Kernel panic|Rebooting in \d+ seconds)/,
    words: ['Kernel panic', 'Rebooting in'],
  },
  {
    event: 'GUEST_OOPS',
    what: "the guest's kernel hit a bug",
    lasts: false,
    source: 'kernel',
    begins: OOPS,
    ends: /^---\[ end trace /,
    words: [
      ...['BUG', 'Oops', 'Internal error', 'Unable to handle kernel', 'general protection fault'],
      ...['invalid opcode', 'end trace'],
    ],
  },
  {
    event: 'OUT_OF_MEMORY',
    what: 'the guest ran out of memory and killed a process',
    lasts: false,
    source: 'kernel',
    begins: /^Out of memory: Kill(?:ed)? process /,
    words: ['Out of memory'],
  },
  {
    event: 'EMERGENCY_MODE',
    what: "the guest's system did not come up",
    lasts: true,
    source: 'line',
    begins:
      /^(?:You are in (?:emergency|rescue) mode|Entering emergency mode\. Exit the shell|ALERT!.*Dropping to a shell!|initramfs: (?:no disk answers|cannot mount) )/,
    words: ['emergency mode', 'rescue mode', 'Dropping to a shell', 'initramfs: '],
  },
  {
    event: 'EMERGENCY_MODE',
    what: "the guest's system did not come up",
    lasts: true,
    source: 'prompt',
    begins: /^(?:\(initramfs\) |dracut:\/# )/,
    words: ['(initramfs)', 'dracut:/#'],
  },
  {
    event: 'NOTHING_TO_BOOT',
    what: 'the firmware found nothing to boot',
    lasts: true,
    source: 'line',
    begins: /^(?:BdsDxe: No bootable option or device was found|No bootable device\.)/,
    words: ['No bootable'],
  },
  {
    event: 'NOTHING_TO_BOOT',
    what: 'the boot loader did not find its files',
    lasts: true,
    source: 'prompt',
    begins: /^grub rescue> /,
    words: ['grub rescue>'],
  },
  {
    event: 'FIRMWARE_SHELL',
    what: 'the firmware found nothing to boot and waits in its own shell',
    lasts: true,
    source: 'prompt',
    begins: /^Shell> /,
    words: ['Shell>'],
  },
];
