import { ExitStatus } from '../exit-code.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { runAt } from '../shell/run-at.ts';
import { createSteps } from '../steps.ts';
import { bringUp, type RunningMachine, untilReady } from '../up/bring-up.ts';
import { planUp, type UpOptions, type UpWords } from '../up/plan-up.ts';
import { tellEvent, tellUse } from '../up/tell.ts';

/** Starts a machine, and keeps it until Ctrl-C or to the end of a command. */
export async function runUp({ image, command }: UpWords, options: UpOptions): Promise<void> {
  const plan = planUp(image, options);
  const steps = createSteps(process.stderr);
  using interrupts = listenForInterrupts();
  const { signal } = interrupts;
  await using machine = await bringUp(plan, steps, signal);
  const [program, ...args] = command;
  if (program === undefined) {
    await tell(machine);
    await untilReady(machine, plan, steps, signal);
    return await follow(machine, signal);
  }
  await untilReady(machine, plan, steps, signal);
  interrupts[Symbol.dispose](); // From here on signals are the command's.
  const code = await runAt(machine.host, program, args);
  using _ = listenForInterrupts(); // While the machine is closed.
  await machine[Symbol.asyncDispose]();
  if (code !== 0) throw new ExitStatus(code);
}

async function tell({ vm, host, page }: RunningMachine): Promise<void> {
  const { forwards } = await vm.describe();
  process.stderr.write(tellUse({ host, page, username: vm.credentials.username, forwards }));
  process.stdout.write(`JUMPSTARTER_HOST=${host}\n`);
}

/** Says what happens to the machine, until the signal aborts. */
async function follow({ vm }: RunningMachine, signal: AbortSignal): Promise<void> {
  for await (const { event } of vm.events({ signal })) {
    const news = tellEvent(event);
    if (news !== undefined) process.stderr.write(`${news}\n`);
  }
}
