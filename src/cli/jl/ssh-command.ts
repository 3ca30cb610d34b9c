import { UnsupportedError } from '../../core/index.ts';

/** Options of ssh without a value. */
const FLAGS = new Set([...'46AaCfGgKkMNnqsTtVvXxYy'].map((letter) => `-${letter}`));
/** Options of ssh that take the next word. */
const WITH_VALUE = new Set([...'BbcDEeFIiJLlmOoPpQRSWw'].map((letter) => `-${letter}`));

/** What an ssh command line is made of. */
export interface SshParts {
  /** The program and its first options. */
  readonly command: readonly string[];
  /** The file with the private key. */
  readonly key: string | undefined;
  /** Whom to log in as, unless the user says; `''`: as ssh decides. */
  readonly username: string;
  readonly host: string;
  readonly port: number;
}

/** The command line of ssh for what the user has written: options of ssh, then a command. */
export function planSsh({ command, key, username, host, port }: SshParts, args: readonly string[]): string[] {
  const at = endOfOptions(args);
  const options = args.slice(0, at);
  return [
    ...command,
    ...(key === undefined ? [] : ['-i', key]),
    ...(port === 22 ? [] : ['-p', String(port)]),
    ...(username === '' || options.includes('-l') ? [] : ['-l', username]),
    ...options,
    host,
    ...args.slice(at),
  ];
}

/** Where the command begins. */
function endOfOptions(args: readonly string[]): number {
  let at = 0;
  for (let word = args[at]; word !== undefined; word = args[at]) {
    if (FLAGS.has(word)) at += 1;
    else if (WITH_VALUE.has(word)) at += 2;
    else break;
  }
  return Math.min(at, args.length);
}

/** What an exporter may set without being trusted: nothing that runs a program or gives something away. */
const HARMLESS = new RegExp(
  [
    '^(?:User|Global)KnownHostsFile=(?:/dev/null|none)$',
    '^(?:StrictHostKeyChecking|LogLevel|ConnectTimeout|ServerAlive\\w+|BatchMode|IdentitiesOnly|AddressFamily|Compression)=',
    '^(?:Ciphers|MACs|KexAlgorithms|HostKeyAlgorithms|(?:Preferred|Password|Pubkey)Authentications?|PubkeyAcceptedAlgorithms)=',
  ].join('|'),
  'i',
);

/**
 * Refuses the command line of an exporter that could run anything on this host: ssh has options for that.
 *
 * @throws UnsupportedError that names the word.
 */
export function checkSshCommand([program = '', ...words]: readonly string[]): void {
  const refuse = (word: string) => {
    const message = `the exporter wants ssh to be run as ${JSON.stringify([program, ...words].join(' '))}; ${JSON.stringify(word)} may run something else on this host`;
    return new UnsupportedError(`ssh: ${message}\nif you trust it: jl ... --trust-command`, {
      capability: 'ssh command',
      available: ['ssh with harmless options'],
    });
  };
  if (program !== 'ssh') throw refuse(program);
  // `-o Name=value` is one word or two.
  const settings = words
    .join(' ')
    .replaceAll(/(^| )-o ?(?=\w)/g, '$1-o')
    .split(' ');
  for (const word of settings.filter(Boolean)) {
    const isHarmless = /^-[46CqTvx]+$/.test(word) || (word.startsWith('-o') && HARMLESS.test(word.slice(2)));
    if (!isHarmless) throw refuse(word);
  }
}
