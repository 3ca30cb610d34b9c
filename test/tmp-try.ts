import { openRaw, statusOf } from './rpc/raw-session.ts';
import { z } from 'zod';
import { defineDriver } from '../src/driver/index.ts';
import { Flasher } from '../src/interfaces/index.ts';
const began = Promise.withResolvers<void>();
const d = defineDriver({ name: 'f', interface: Flasher, config: z.undefined(), open: () => ({
  flash: async (source) => { console.log('flash'); if (source.kind !== 'stream') throw new Error('x'); try { for await (const c of source.chunks) { console.log('chunk', c.length); began.resolve(); } } catch (e) { console.log('failed', e); throw e; } return null; },
  dump: async () => null }) });
await using raw = await openRaw(d());
const { frames, headers } = await raw.open({ kind: 'resource', uuid: raw.uuid(''), x_jmp_content_encoding: null });
const handle = JSON.parse(headers['resource'] ?? '');
await frames.write({ type: 0, payload: Buffer.from('half') });
const call = statusOf(raw.call('', 'flash', [handle]));
await began.promise;
console.log('began');
await raw.channel.close();
console.log(await call);
