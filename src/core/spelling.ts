import { closestMatch } from 'leven';

/** The longest word that is compared: it may be a megabyte that somebody has sent. */
const LONGEST = 200;

/** Which of `known` was probably meant by `word`; undefined when none is near. Case, `_` and `-` make no difference. */
export function nearestSpelling(word: string, known: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined;
  const plain = simplify(word);
  const exact = known.find((candidate) => simplify(candidate) === plain);
  if (exact !== undefined) return exact;
  // Of three letters one may be wrong; of a class path five.
  const maxDistance = Math.min(5, Math.ceil(plain.length * 0.4));
  // Of two that differ in no more than case the first is told.
  const candidates = new Map(known.toReversed().map((candidate) => [simplify(candidate), candidate]));
  const match = closestMatch(plain, [...candidates.keys()], { maxDistance });
  return match === undefined ? undefined : candidates.get(match);
}

const simplify = (word: string) => word.toLowerCase().replaceAll(/[_-]/g, '');
