import { type Connected, connect } from '../../client/index.ts';
import { createLog } from '../../core/index.ts';
import { qemu } from '../../drivers/qemu/index.ts';
import { openSession } from '../../exporter/index.ts';
import type { UpPlan } from './plan-up.ts';

/** A machine that is served here. Disposing of it ends it. */
export interface OpenMachine extends AsyncDisposable {
  readonly vm: Connected<ReturnType<typeof qemu>>;
  /** Where other processes of this user reach it. */
  readonly host: string;
}

/** Opens the machine, off, and serves it at a private socket. */
export async function openMachine({ machine, out }: UpPlan, signal: AbortSignal): Promise<OpenMachine> {
  const driver: ReturnType<typeof qemu> = qemu(machine);
  await using stack = new AsyncDisposableStack();
  const session = stack.use(await openSession(driver, { signal, artifacts: out, log: createLog('error') }));
  const vm = stack.use(await connect(session.socket, driver, { signal }, { localToken: session.localToken }));
  const held = stack.move();
  return { vm, host: session.socket, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
