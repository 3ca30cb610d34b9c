import { raceSignal, startDeadline, type WaitOptions } from '../../core/index.ts';
import type { ByteChannel, ChannelMethod } from '../../interfaces/index.ts';
import { FRAMING } from '../frames.ts';
import { toJson } from '../values.ts';
import type { Callee } from './callee.ts';
import { frameChannel } from './frame-channel.ts';

/** Opens a byte stream on a driver. `timeout` counts until it is open, `signal` for all its life. */
export async function openDriverStream(
  { link, node, method, operation }: Callee,
  streamOptions: object | undefined,
  options: WaitOptions,
  carries: ChannelMethod['carries'] = 'bytes',
): Promise<ByteChannel> {
  const life = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, life.signal]) : life.signal;
  using opening = startDeadline(options, { operation, waitingFor: 'the stream to open' });
  const request = { kind: 'driver', uuid: node.uuid, method };
  const sent = streamOptions && toJson(streamOptions, 'options');
  const opened = link.openFrames(operation, request, { signal, options: sent }, node);
  opened.catch(() => undefined); // Whoever gives up below does not wait for it.
  try {
    const { frames } = await raceSignal(opened, opening.signal);
    return frameChannel(frames, FRAMING[carries], (error) => link.translate(error, operation, node));
  } catch (error) {
    life.abort(error);
    throw error;
  }
}
