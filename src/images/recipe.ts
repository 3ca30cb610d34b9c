import { createHash } from 'node:crypto';
import type { ImageArch } from './arches.ts';

/** One entry of a file tree that we put into an image; owned by root. */
export type TreeEntry =
  | { readonly path: string; readonly text: string; readonly mode?: number }
  | { readonly path: string; readonly link: string };

/** What every recipe says; the rest is the recipe's own. All of it is plain data, and all of it goes into the hash. */
export interface Recipe {
  readonly name: string;
  readonly arch: ImageArch;
  /** Counted up when the way of building changes so that the same data gives another image. */
  readonly format: number;
}

/** Twelve hex digits that are the same exactly for equal recipes, whatever the order of their keys. */
export function recipeHash(recipe: Recipe): string {
  return createHash('sha256').update(canonicalJson(recipe)).digest('hex').slice(0, 12);
}

/** The name of the folder that holds what the recipe makes: `debian-12-x86_64-0123456789ab`. */
export function recipeId(recipe: Recipe): string {
  return `${recipe.name}-${recipe.arch}-${recipeHash(recipe)}`;
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
