import { describe, expect, test } from 'vitest';
import { type ListenerOptions, planListener } from '../../src/cli/run/plan-listener.ts';

const tls = { tlsCert: 'cert.pem', tlsKey: 'key.pem' };

describe('where to listen', () => {
  test.for([
    ['19090', '0.0.0.0', 19_090],
    [':19090', '0.0.0.0', 19_090],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['lab-7:1', 'lab-7', 1],
    ['[::1]:65535', '::1', 65_535],
    ['::1:19090', '::1', 19_090],
  ] as const)('%s', ([place, host, port]) => {
    expect(planListener({ tlsGrpcListener: place, ...tls })).toEqual({
      host,
      port,
      tls: { cert: 'cert.pem', key: 'key.pem' },
      openToNetwork: false,
    });
  });

  test('nowhere, unless that is said', () => {
    expect(planListener({})).toBeUndefined();
  });
});

describe('what does not fit together is told at once', () => {
  const failure = (options: ListenerOptions) => {
    try {
      planListener(options);
    } catch (error) {
      return error instanceof Error ? error.message : error;
    }
    return 'no failure';
  };

  test.for(['', 'x', '65536', '-1', '1.5', 'host:', '19090 '])('%j is no place', (place) => {
    expect(failure({ tlsGrpcListener: place, ...tls })).toContain('expected [HOST:]PORT');
  });

  test('options of a listener, without one', () => {
    const options = {
      ...tls,
      tlsGrpcInsecure: true,
      openToNetwork: true,
      passphrase: 'p',
      passphraseFile: 'f',
    };
    expect(failure(options)).toMatchInlineSnapshot(`
      "cannot listen like that
        --tls-grpc-insecure: has no meaning without --tls-grpc-listener [HOST:]PORT
        --open-to-network: has no meaning without --tls-grpc-listener [HOST:]PORT
        --tls-cert: has no meaning without --tls-grpc-listener [HOST:]PORT
        --tls-key: has no meaning without --tls-grpc-listener [HOST:]PORT
        --passphrase: has no meaning without --tls-grpc-listener [HOST:]PORT
        --passphrase-file: has no meaning without --tls-grpc-listener [HOST:]PORT"
    `);
  });

  test('neither TLS nor its absence', () => {
    expect(failure({ tlsGrpcListener: '1' })).toMatchInlineSnapshot(`
      "cannot listen like that
        --tls-cert: a certificate and its key are needed (\`jumplead cert\` makes a pair), or --tls-grpc-insecure"
    `);
  });

  test('half a pair, both at once, a word that means nothing', () => {
    const tlsGrpcListener = '1';
    expect([
      failure({ tlsGrpcListener, tlsCert: 'c' }),
      failure({ tlsGrpcListener, tlsKey: 'k' }),
      failure({ tlsGrpcListener, tlsKey: 'k', tlsGrpcInsecure: true }),
      failure({ tlsGrpcListener, ...tls, openToNetwork: true }),
    ]).toMatchInlineSnapshot(`
      [
        "cannot listen like that
        --tls-key: is missing beside --tls-cert",
        "cannot listen like that
        --tls-cert: is missing beside --tls-key",
        "cannot listen like that
        --tls-grpc-insecure: is the opposite of --tls-cert and --tls-key",
        "cannot listen like that
        --open-to-network: has a meaning only beside --tls-grpc-insecure",
      ]
    `);
  });
});
