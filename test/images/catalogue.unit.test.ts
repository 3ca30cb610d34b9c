import { describe, expect, test } from 'vitest';
import { CATALOGUE, FALLBACK_IMAGE, findInCatalogue, placeOf } from '../../src/images/catalogue.ts';
import { planPull } from '../../src/images/plan-pull.ts';

const place = (name: string, arch: 'x86_64' | 'aarch64', options = {}) =>
  placeOf(findInCatalogue(name), arch, { env: {}, ...options });

describe('the catalogue', () => {
  test('has Fedora, Debian and Ubuntu, each for both architectures, over HTTPS, with a checksum file', () => {
    const addresses = CATALOGUE.flatMap((entry) =>
      (['x86_64', 'aarch64'] as const).flatMap((arch) => {
        const { url, checksums } = placeOf(entry, arch, { env: {} });
        return [url, checksums];
      }),
    );
    expect(addresses.filter((address) => !address.startsWith('https://') || /[{}]/.test(address))).toEqual(
      [],
    );
    expect(new Set(CATALOGUE.map(({ publisher }) => publisher))).toEqual(
      new Set(['fedora', 'debian', 'ubuntu']),
    );
    expect(findInCatalogue(FALLBACK_IMAGE).note).toBe('SELinux enforces');
  });

  test('where the images are', () => {
    expect(place('fedora-44', 'aarch64')).toMatchInlineSnapshot(`
      {
        "checksums": "https://dl.fedoraproject.org/pub/fedora/linux/releases/44/Cloud/aarch64/images/Fedora-Cloud-44-1.7-aarch64-CHECKSUM",
        "mirrorVariable": "JUMPLEAD_MIRROR_FEDORA",
        "url": "https://download.fedoraproject.org/pub/fedora/linux/releases/44/Cloud/aarch64/images/Fedora-Cloud-Base-Generic-44-1.7.aarch64.qcow2",
      }
    `);
    expect(place('debian-13-generic', 'aarch64')).toMatchInlineSnapshot(`
      {
        "checksums": "https://cloud.debian.org/images/cloud/trixie/latest/SHA512SUMS",
        "mirrorVariable": "JUMPLEAD_MIRROR_DEBIAN",
        "url": "https://cloud.debian.org/images/cloud/trixie/latest/debian-13-generic-arm64.qcow2",
      }
    `);
    expect(place('ubuntu-26.04', 'x86_64')).toMatchInlineSnapshot(`
      {
        "checksums": "https://cloud-images.ubuntu.com/releases/26.04/release/SHA256SUMS",
        "mirrorVariable": "JUMPLEAD_MIRROR_UBUNTU",
        "url": "https://cloud-images.ubuntu.com/releases/26.04/release/ubuntu-26.04-server-cloudimg-amd64.img",
      }
    `);
  });

  test('a mirror has the images and their checksums; it is named for all pulls by a variable of its publisher', () => {
    const mirror = 'http://mirror.example/fedora/';
    const mirrored = {
      url: 'http://mirror.example/fedora/releases/44/Cloud/x86_64/images/Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2',
      checksums:
        'http://mirror.example/fedora/releases/44/Cloud/x86_64/images/Fedora-Cloud-44-1.7-x86_64-CHECKSUM',
      mirrorVariable: 'JUMPLEAD_MIRROR_FEDORA',
    };
    expect(place('fedora-44', 'x86_64', { mirror })).toEqual(mirrored);
    expect(place('fedora-44', 'x86_64', { env: { JUMPLEAD_MIRROR_FEDORA: mirror } })).toEqual(mirrored);
    expect(place('debian-12-generic', 'x86_64', { env: { JUMPLEAD_MIRROR_FEDORA: mirror } }).url).toContain(
      'cloud.debian.org',
    );
  });

  test.each(['fedra-44', 'debian-13', 'debian-12', 'windows', ''])('a name it does not know: %j', (name) => {
    expect(() => findInCatalogue(name)).toThrowErrorMatchingSnapshot();
  });
});

describe('planPull', () => {
  const plan = (request: Parameters<typeof planPull>[0]) => planPull(request, 'x86_64', {});
  const url = 'https://files.example/images/box%201.arm64.qcow2.xz?token=secret';
  const sha256 = 'A'.repeat(64);

  test('an image of the catalogue is for the host unless told otherwise', () => {
    expect(plan({ image: 'ubuntu-24.04' })).toMatchObject({
      ...{ name: 'ubuntu-24.04', arch: 'x86_64', user: 'ubuntu', expected: null },
      file: 'ubuntu-24.04-server-cloudimg-amd64.img',
      checksums: 'https://cloud-images.ubuntu.com/releases/24.04/release/SHA256SUMS',
    });
    expect(plan({ image: 'ubuntu-24.04', arch: 'aarch64' }).url).toMatch(/arm64\.img$/);
  });

  test('an image by its address is called as its file, without what may be a secret', () => {
    expect(plan({ image: url, sha256 })).toEqual({
      ...{ name: 'box_1.arm64', arch: 'aarch64', url, file: 'box_1.arm64.qcow2.xz', user: null },
      expected: { algorithm: 'sha256', value: 'a'.repeat(64) },
      checksums: null,
      mirrorVariable: null,
    });
    expect(plan({ image: 'https://files.example/', name: 'box' })).toMatchObject({
      ...{ name: 'box', file: 'image', arch: null, expected: null, checksums: null },
    });
  });

  test.each([
    { image: url, sha256: 'abc' },
    { image: url, sha512: sha256 },
    { image: url, sha256, checksums: 'https://files.example/SHA256SUMS' },
    { image: url, checksums: 'SHA256SUMS' },
    { image: url, name: '../x' },
    { image: 'https://files.example/debian-12.qcow2' },
    { image: url, arch: 'arm64' },
    { image: url, mirror: 'https://mirror.example' },
    { image: 'ftp://files.example/x.img' },
    { image: 'fedora-44', sha256 },
    { image: 'fedora-44', mirror: 'mirror.example' },
  ])('what cannot be: %j', (request) => {
    expect(() => plan(request)).toThrowErrorMatchingSnapshot();
  });
});
