import type { Command } from 'commander';
import type { CertOptions } from './cert-run.ts';

/** `jumplead cert`: a certificate for a lab. */
export function registerCert(program: Command): void {
  program
    .command('cert')
    .description('make a self-signed certificate for `jumplead run`, and print its fingerprint')
    .option('--name <host or address...>', "under which clients reach the exporter (default: this host's)")
    .option('--days <number>', 'how long it is valid', '365')
    .option('--out <folder>', 'where cert.pem and key.pem go', '.')
    .option('--force', 'replace those that are there')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Clients trust exactly this certificate by its fingerprint: jumplead shell --tls-grpc HOST:PORT --fingerprint HEX

Examples:
  jumplead cert
  jumplead cert --name lab-7.example --name 192.0.2.7 --out /etc/jumplead --days 3650`,
    )
    .action(async (options: CertOptions) => (await import('./cert-run.ts')).runCert(options));
}
