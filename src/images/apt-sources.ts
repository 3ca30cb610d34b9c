import { runTool } from '../core/index.ts';

/** One line of a sources.list, taken apart. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Where Debian's packages come from on a host that says nothing of it. */
export function defaultSources(suite: string): AptSource[] {
  const components = ['main'];
  return [
    { uri: 'http://deb.debian.org/debian', suite, components },
    { uri: 'http://deb.debian.org/debian', suite: `${suite}-updates`, components },
    { uri: 'http://deb.debian.org/debian-security', suite: `${suite}-security`, components },
  ];
}

/** The line of a sources.list; signatures are checked against Debian's own keyring. */
export function sourceLine({ uri, suite, components }: AptSource): string {
  return `deb [signed-by=${KEYRING}] ${uri} ${suite} ${components.join(' ')}`;
}

/**
 * The mirrors for `suite` out of `apt-get indextargets` lines (`uri|release|component|origin`), or the defaults when
 * the host does not have that suite of Debian.
 */
export function pickSources(lines: readonly string[], suite: string): AptSource[] {
  const wanted = [suite, `${suite}-updates`, `${suite}-security`];
  const found = new Map<string, AptSource>();
  for (const line of lines) {
    const [uri, release, component, origin] = line.split('|');
    if (!uri || !release || component !== 'main' || origin !== 'Debian' || !wanted.includes(release))
      continue;
    found.set(`${uri} ${release}`, { uri, suite: release, components: ['main'] });
  }
  const sources = [...found.values()];
  return sources.some((source) => source.suite === suite) ? sources : defaultSources(suite);
}

/** How this host reaches Debian's mirrors: its sources for `suite`, and its options for downloads (proxies). */
export interface AptAccess {
  readonly sources: readonly AptSource[];
  /** Lines of an apt.conf. */
  readonly options: readonly string[];
}

/** Asks the host's apt. */
export async function readAptAccess(
  suite: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<AptAccess> {
  const format = '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)';
  const [targets, config] = await Promise.all([
    runTool('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], options),
    runTool('apt-config', ['dump', '--no-empty', '--format', '%f "%v";%n', 'Acquire'], options),
  ]);
  return {
    sources: pickSources(targets.stdout.split('\n'), suite),
    options: config.stdout.split('\n').filter((line) => /^Acquire::(http|https)::/.test(line)),
  };
}
