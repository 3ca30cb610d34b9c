/** An error in one line, or the first line of a text: without the evidence that follows. */
export function firstLine(error: unknown): string {
  const [line = ''] = String(error instanceof Error ? error.message : error).split('\n', 1);
  return line;
}
