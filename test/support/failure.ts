/** What `promise` rejects with. Fails when it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`it succeeded with ${JSON.stringify(value)}`);
}
