import { describe, expect, test } from 'vitest';
import { aptConfig } from '../../src/images/apt-download.ts';
import { defaultSources, pickSources } from '../../src/images/apt-sources.ts';

describe('pickSources', () => {
  test('takes the host’s mirrors of that suite and of no other', () => {
    const lines = [
      'http://mirror.test/debian/|bookworm|main|Debian',
      'http://mirror.test/debian/|bookworm|contrib|Debian',
      'http://mirror.test/security/|bookworm-security|main|Debian',
      'http://mirror.test/debian/|trixie|main|Debian',
      'http://vendor.test/|bookworm|main|Vendor',
      '',
    ];
    expect(pickSources(lines, 'bookworm')).toEqual([
      { uri: 'http://mirror.test/debian/', suite: 'bookworm', components: ['main'] },
      { uri: 'http://mirror.test/security/', suite: 'bookworm-security', components: ['main'] },
    ]);
  });

  test('takes Debian’s own where the host has another suite', () => {
    expect(pickSources(['http://mirror.test/debian/|trixie|main|Debian'], 'bookworm')).toEqual(
      defaultSources('bookworm'),
    );
  });
});

test('the private apt keeps away from the host’s', () => {
  const config = aptConfig('/w/apt', 'arm64', {
    sources: [],
    options: ['Acquire::http::Proxy "http://proxy.test";'],
  });
  expect(config).toMatchInlineSnapshot(`
    "Dir "/w/apt";
    Dir::State::status "/w/apt/status";
    Dir::Etc::parts "none";
    Dir::Etc::main "none";
    APT::Architecture "arm64";
    APT::Architectures { "arm64"; };
    Acquire::Languages "none";
    APT::Sandbox::User "";
    Acquire::http::Proxy "http://proxy.test";
    "
  `);
});
