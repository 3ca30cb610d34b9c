import { hostname, networkInterfaces } from 'node:os';
import { makeCert } from '../cert/make-cert.ts';
import { namesOf, planCert } from '../cert/plan-cert.ts';
import { listenForInterrupts } from '../interrupt.ts';

export interface CertOptions {
  readonly name?: readonly string[];
  readonly days: string;
  readonly out: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Makes the pair of files and prints what clients need to know of it. */
export async function runCert(options: CertOptions): Promise<void> {
  const addresses = Object.values(networkInterfaces())
    .flatMap((own) => own ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address);
  const request = planCert(options, namesOf(hostname(), addresses));
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  const made = await makeCert(request, options.out, { force: options.force ?? false, signal });
  if (options.json) return void process.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
  const [name = 'HOST'] = made.names;
  process.stdout.write(`certificate  ${made.cert}, for ${made.names.join(', ')}; valid until ${made.validUntil.toISOString().slice(0, 10)}
key          ${made.key}, to be kept secret
fingerprint  ${made.fingerprint}
to serve     jumplead run --exporter-config FILE --tls-grpc-listener 19090 --tls-cert ${made.cert} --tls-key ${made.key} --passphrase-file FILE
to use       jumplead shell --tls-grpc ${name}:19090 --fingerprint ${made.fingerprint.replaceAll(':', '')} --passphrase-file FILE
`);
}
