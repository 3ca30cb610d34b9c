import { expect, test } from 'vitest';
import { namesOf, opensslConfig, planCert } from '../../src/cli/cert/plan-cert.ts';

test('a certificate is for the host, by its name and its addresses, and for those on it', () => {
  const names = namesOf('lab-7', ['192.0.2.7', 'fe80::1', '2001:db8::7']);
  expect(names).toEqual(['lab-7', 'localhost', '127.0.0.1', '::1', '192.0.2.7', '2001:db8::7']);
  expect(planCert({ days: '365' }, names)).toEqual({ names, days: 365 });
  expect(namesOf('my host', [])).toEqual(['localhost', '127.0.0.1', '::1']);
});

test('or for the names that are given, and no others', () => {
  expect(planCert({ name: ['a.example', '::1', 'a.example'], days: '1' }, ['lab-7'])).toEqual({
    names: ['a.example', '::1'],
    days: 1,
  });
});

test('what is no name and no number of days is told', () => {
  const plan = () => planCert({ name: ['a b', 'x,IP:1.2.3.4', 'ok', ''], days: '1.5' }, []);
  expect(plan).toThrowErrorMatchingInlineSnapshot(`
    [ConfigError: cert: cannot make such a certificate
      --name: "a b" is neither a host name nor an address
      --name: "x,IP:1.2.3.4" is neither a host name nor an address
      --name: "" is neither a host name nor an address
      --days: "1.5": expected a number from 1 to 36500]
  `);
  for (const days of ['0', '-1', 'x', '', '36501']) expect(() => planCert({ days }, ['a'])).toThrow('--days');
});

test('openssl reads nothing but what it is told', () => {
  expect(opensslConfig({ names: ['lab-7', '::1'], days: 1 })).toMatchInlineSnapshot(`
    "[req]
    prompt = no
    distinguished_name = subject
    x509_extensions = extensions
    [subject]
    CN = lab-7
    [extensions]
    subjectAltName = DNS:lab-7,IP:::1
    basicConstraints = critical,CA:TRUE
    extendedKeyUsage = serverAuth
    subjectKeyIdentifier = hash
    "
  `);
});
