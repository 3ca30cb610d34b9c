// #region relay
import { DeviceError, UnreachableError } from 'jumplead';
import { defineDriver } from 'jumplead/driver';
import { Power } from 'jumplead/interfaces';
import { z } from 'zod';

/** A relay that is switched by `POST /on` and `POST /off`. */
export const relay = defineDriver({
  name: 'relay',
  interface: Power,
  config: z.strictObject({ url: z.url() }),
  open: ({ url }) => {
    const turn = async (position: 'on' | 'off', signal: AbortSignal) => {
      const answer = await fetch(`${url}/${position}`, { method: 'POST', signal }).catch((cause) => {
        signal.throwIfAborted();
        throw new UnreachableError(`the relay at ${url} does not answer`, { target: url }, { cause });
      });
      if (answer.ok) return null;
      throw new DeviceError(`the relay refused: ${answer.status}`, {
        event: 'refused',
        tail: await answer.text(),
      });
    };
    return {
      on: ({ signal }) => turn('on', signal),
      off: ({ signal }) => turn('off', signal),
    };
  },
});
// #endregion
