// The worker's side of ../worker.ts. Plain JavaScript: what strips types from TypeScript would count as ours.
import { createInterface } from 'node:readline';

/**
 * Answers every line of the standard input by the function that it names, until the input ends.
 *
 * @param {Readonly<Record<string, (request: any) => Promise<object>>>} actions
 */
export async function answerRequests(actions) {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    const action = actions[request.do];
    const answer = await (action
      ? action(request)
      : Promise.reject(new Error(`no action ${request.do}`))
    ).catch((/** @type {unknown} */ error) => ({
      error: error instanceof Error ? `${error.stack}` : String(error),
    }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

/**
 * An entry point of the package whose folder is the first argument.
 *
 * @param {string} name
 */
export const load = (name) => import(`${process.argv[2]}/dist/${name}`);
