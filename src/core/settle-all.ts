/** Resolves when all have come to an end, however. @throws what one of them rejected with; an AggregateError where several did */
export async function settleAll(promises: Iterable<PromiseLike<unknown>>): Promise<void> {
  const outcomes = await Promise.allSettled(promises);
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (reasons.length > 1) throw new AggregateError(reasons, reasons.map(String).join('; '));
  if (reasons.length === 1) throw reasons[0];
}
