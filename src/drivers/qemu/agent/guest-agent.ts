import { randomInt } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { z } from 'zod';
import {
  DeviceError,
  type Duration,
  raceSignal,
  startDeadline,
  UnsupportedError,
  type WaitOptions,
} from '../../../core/index.ts';
import {
  AgentLines,
  type AgentMessage,
  agentMistake,
  DELIMITER,
  parseAgentMessage,
} from './agent-messages.ts';

/** The longest that an agent may take for one answer: its guest may be busy booting, or emulated. */
const PATIENCE: Duration = '60s';

/** What is known of the port by the machine, not by the guest. */
export interface AgentPort {
  /** Whether a program of the guest has opened the port. */
  readonly isOpen: (signal: AbortSignal) => Promise<boolean>;
}

/** How an agent is asked. */
export interface AskOptions extends WaitOptions {
  /** Is called when the question is on its way to an agent that has answered before. */
  readonly onAsked?: (() => void) | undefined;
}

/** An answer that somebody waits for. */
interface Awaited extends PromiseWithResolvers<AgentMessage> {
  readonly isMeant: (message: AgentMessage) => boolean;
}

/**
 * The agent in a guest, over its port. It does one thing at a time and its answers have no names, so questions wait for each
 * other; where an answer was not waited for, both begin anew with `guest-sync-delimited`.
 *
 * An agent may come, go and come again at any time. Who has opened the port is known from QEMU, so nobody waits for an agent
 * that is not there.
 */
export class GuestAgent {
  /** Counts the programs that had the port open: what one knows, the next does not. */
  generation = 0;
  readonly #connection: Duplex;
  readonly #port: AgentPort;
  readonly #lines = new AgentLines();
  #last: Promise<unknown> = Promise.resolve();
  #synced = false;
  #awaited: Awaited | undefined;
  #change = Promise.withResolvers<void>();
  #lost: Error | undefined;

  constructor(connection: Duplex, port: AgentPort) {
    this.#connection = connection;
    this.#port = port;
    connection.on('data', (chunk: Uint8Array) => this.#hear(chunk));
    connection.on('close', () => {
      this.#lost = gone('QEMU has closed its port');
      this.#fail(this.#lost);
      this.#change.resolve();
    });
  }

  /** Whether there is one that has answered, and nothing is left of what it was asked before. */
  get answers(): boolean {
    return this.#synced;
  }

  /** Is to be told when a program of the guest has opened the port, or closed it. */
  portChanged(open: boolean): void {
    if (!open) {
      this.generation++;
      this.#synced = false;
      this.#fail(gone('it has closed its port'));
    }
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  /** Resolves when there is an agent, and it answers. @throws the signal's reason when that aborts. */
  async ready(signal: AbortSignal): Promise<void> {
    for (;;) {
      const change = this.#change.promise;
      this.#throwIfLost();
      if (await this.#port.isOpen(signal)) break;
      await raceSignal(change, signal);
    }
    await this.#inTurn(signal, () => this.#sync(signal));
  }

  /**
   * Asks the agent and resolves with its answer.
   *
   * @throws UnsupportedError when there is no agent, or it cannot do that; DeviceError when it refuses or goes away;
   * DeadlineError when it is silent; ProtocolError when it answers something unforeseen.
   */
  async ask<S extends z.ZodType>(
    command: string,
    args: Readonly<Record<string, unknown>>,
    schema: S,
    { signal: caller, timeout = PATIENCE, onAsked }: AskOptions = {},
  ): Promise<z.output<S>> {
    const waitingFor = `the guest agent's answer to ${command}`;
    using deadline = startDeadline({ signal: caller, timeout }, { operation: 'agent', waitingFor });
    const { signal } = deadline;
    const answer = await this.#inTurn(signal, async () => {
      const { generation } = this;
      if (!(await this.#port.isOpen(signal))) throw noAgent();
      // QEMU may have said that it closed in the same breath: then nobody was waiting yet who could have been told.
      if (generation !== this.generation) throw gone('it has closed its port');
      if (!this.#synced) await this.#sync(signal);
      const answer = this.#exchange({ execute: command, arguments: args }, signal);
      onAsked?.();
      return await answer;
    });
    if (answer.kind === 'refusal') throw refused(command, answer);
    const { success, data } = schema.safeParse(answer.value);
    if (!success) throw agentMistake('answers something unforeseen', JSON.stringify(answer.value), command);
    return data;
  }

  async #inTurn<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = before.then(() => promise);
    try {
      await raceSignal(before, signal);
      this.#throwIfLost();
      return await act();
    } finally {
      resolve();
    }
  }

  /** What was asked before, and never answered or never waited for, is behind us afterwards. */
  async #sync(signal: AbortSignal): Promise<void> {
    this.#synced = false;
    const id = randomInt(2 ** 40);
    // The delimiter makes the agent forget the half of a question that it may have got.
    this.#connection.write(Buffer.of(DELIMITER));
    const question = { execute: 'guest-sync-delimited', arguments: { id } };
    await this.#exchange(question, signal, (answer) => answer.kind === 'return' && answer.value === id);
    this.#synced = true;
  }

  async #exchange(
    question: object,
    signal: AbortSignal,
    isMeant: Awaited['isMeant'] = () => true,
  ): Promise<AgentMessage> {
    signal.throwIfAborted();
    const awaited = { ...Promise.withResolvers<AgentMessage>(), isMeant };
    this.#awaited = awaited;
    this.#connection.write(`${JSON.stringify(question)}\n`);
    try {
      return await raceSignal(awaited.promise, signal);
    } catch (error) {
      this.#synced = false;
      throw error;
    } finally {
      this.#awaited = undefined;
    }
  }

  #hear(chunk: Uint8Array): void {
    try {
      for (const line of this.#lines.push(chunk)) {
        const message = parseAgentMessage(line);
        if (this.#awaited?.isMeant(message)) this.#awaited.resolve(message);
      }
    } catch (error) {
      // What comes before both have begun anew is no matter, whatever it is.
      if (this.#synced) this.#fail(error as Error); // SAFE: parsing throws errors only
    }
  }

  #fail(error: Error): void {
    this.#awaited?.reject(error);
  }

  #throwIfLost(): void {
    if (this.#lost) throw this.#lost;
  }
}

const OPERATION = { operation: 'agent' } as const;

/** The event of the error when an agent goes away that was asked something. */
export const AGENT_GONE = 'AGENT_GONE';

function noAgent(): UnsupportedError {
  const message =
    'agent: no program in the guest has opened the port of the guest agent (org.qemu.guest_agent.0): it has no qemu-guest-agent, or that has not started yet';
  return new UnsupportedError(message, { capability: 'agent', available: ['ssh', 'console'] }, OPERATION);
}

function gone(why: string): DeviceError {
  return new DeviceError(
    `agent: the guest agent has gone: ${why}`,
    { event: AGENT_GONE, tail: '' },
    OPERATION,
  );
}

function refused(command: string, { type, reason }: AgentMessage & { kind: 'refusal' }): Error {
  const message = `agent: the guest agent refuses ${command}: ${reason}`;
  if (type === 'CommandNotFound')
    return new UnsupportedError(message, { capability: `agent ${command}`, available: [] }, OPERATION);
  return new DeviceError(message, { event: 'AGENT_REFUSED', tail: '' }, OPERATION);
}
