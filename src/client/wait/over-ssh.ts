import { firstLine, isDutError } from '../../core/index.ts';
import { keepTrying } from '../keep-trying.ts';
import type { SshSession } from '../ssh/ssh-session.ts';
import type { HasSsh } from './ssh.ts';
import type { WaitScope, Watch } from './wait.ts';

/** What is not ours, or only says that nobody answers yet, passes while a device starts. */
export const mayPass = (error: unknown) => !isDutError(error) || error.code === 'unreachable';

/** Does something over ssh until it succeeds, in one login as long as that lasts. What comes in the way is seen. */
export async function overSsh<T>(
  { device, faults }: Pick<WaitScope<HasSsh>, 'device' | 'faults'>,
  { signal, saw }: Pick<Watch, 'signal' | 'saw'>,
  act: (session: SshSession) => Promise<T>,
): Promise<T> {
  await using sessions = new AsyncDisposableStack();
  let session: SshSession | undefined;
  const attempt = async () => {
    if (!session || session.ended.aborted) {
      const onRefusal = ({ message }: Error) => saw(message);
      session = sessions.use(await device.ssh.connect({ faults, signal, timeout: undefined, onRefusal }));
    }
    return await act(session);
  };
  return await keepTrying(attempt, { signal, mayPass, onFailure: (error) => saw(firstLine(error)) });
}
