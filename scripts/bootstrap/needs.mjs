/**
 * What this repository needs of the host: what its machines and images need, and what its tests need beside that.
 *
 * @import { Need as HostNeed } from '../../src/cli/packages/needs.js'
 *
 * @typedef {'demo' | 'test' | 'check'} Purpose
 * @typedef {HostNeed & { readonly purposes: readonly Purpose[] }} Need
 */
import { MACHINE_NEEDS } from '../../src/cli/packages/needs.js';

/** @type {readonly Purpose[]} */
const MACHINE = ['demo', 'test'];

/** @type {readonly Need[]} */
export const NEEDS = [
  ...Object.values(MACHINE_NEEDS).map((need) => ({ ...need, purposes: MACHINE })),
  {
    why: "Python's packages of Jumpstarter, in an environment of their own",
    purposes: ['test'],
    anyOf: ['python3 -m ensurepip --version'],
    apt: 'python3-venv',
    dnf: 'python3',
    pacman: 'python',
    brew: 'python',
  },
  {
    why: 'a message bus, and a program that asks it',
    purposes: ['test'],
    anyOf: ['dbus-send'],
    apt: 'dbus',
    dnf: 'dbus-daemon',
    pacman: 'dbus',
    brew: null,
  },
  {
    why: 'the ssh that `j ssh` and `jl ssh` run',
    purposes: ['test'],
    anyOf: ['ssh'],
    apt: 'openssh-client',
    dnf: 'openssh-clients',
    pacman: 'openssh',
    brew: null,
  },
  {
    why: "a small shell, to which the console's commands have to speak as well",
    purposes: ['test'],
    anyOf: ['busybox'],
    apt: 'busybox',
    dnf: 'busybox',
    pacman: 'busybox',
    brew: null,
  },
  {
    why: 'zsh, whose command line is completed',
    purposes: ['test'],
    anyOf: ['zsh'],
    apt: 'zsh',
    dnf: 'zsh',
    pacman: 'zsh',
    brew: 'zsh',
  },
  {
    why: 'fish, whose command line is completed',
    purposes: ['test'],
    anyOf: ['fish'],
    apt: 'fish',
    dnf: 'fish',
    pacman: 'fish',
    brew: 'fish',
  },
  {
    why: 'a browser that looks at the page with the screen',
    purposes: ['test'],
    anyOf: ['chromium', 'chromium-browser', 'google-chrome'],
    apt: 'chromium',
    // Ubuntu's package asks snapd for the snap; where there is no snapd (containers), it says so and fails.
    ubuntu: 'chromium-browser',
    dnf: 'chromium',
    pacman: 'chromium',
    brew: null,
  },
];
