import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
  type YAMLMap,
} from 'yaml';
import { pythonTags } from './pyyaml.ts';

/** A place in a file, counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A mistake at a place. */
export interface Blemish extends Position {
  readonly message: string;
}

/** A YAML file as PyYAML would read it, which still knows where everything is written. */
export interface YamlSource {
  /** What the file says; undefined where it is no YAML. */
  readonly value: unknown;
  /** What is wrong with it as YAML, or as YAML that PyYAML reads in the same way. */
  readonly blemishes: readonly Blemish[];
  /** Where the value at `path` is written, or its key; where that is missing, what it would be in. */
  locate(path: readonly PropertyKey[], part?: 'key' | 'value'): Position;
}

/** Reads YAML. Nothing is thrown: what is wrong is in `blemishes`. */
export function readYaml(text: string): YamlSource {
  const lines = new LineCounter();
  const options = {
    version: '1.1',
    lineCounter: lines,
    customTags: pythonTags,
    prettyErrors: false,
  } as const;
  const documents = parseAllDocuments(text, options);
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const [document, second] = 'empty' in documents ? [] : documents;
  if (!document) return { value: null, blemishes: [], locate: () => at(0) };
  const blemishes = [...document.errors, ...document.warnings].map(({ message, pos: [offset] }) => ({
    ...at(offset),
    message,
  }));
  if (second)
    blemishes.push({ ...at(second.range[0]), message: 'a second document begins here; one is allowed' });
  blemishes.push(...oddKeys(document).map(({ offset, message }) => ({ ...at(offset), message })));
  return {
    ...readValue(document, blemishes, at),
    locate: (path, part = 'value') => at(locate(document, path, part)),
  };
}

function readValue(document: Document, blemishes: Blemish[], at: (offset: number) => Position) {
  if (document.errors.length > 0) return { value: undefined, blemishes };
  try {
    return { value: document.toJS(), blemishes };
  } catch (error) {
    // Aliases that would make a megabyte of a line.
    if (!(error instanceof ReferenceError)) throw error;
    return { value: undefined, blemishes: [...blemishes, { ...at(0), message: error.message }] };
  }
}

/** The keys that are no text: Python gets another type, and what it is given then is not what was meant. */
function oddKeys(document: Document): { offset: number; message: string }[] {
  const found: { offset: number; message: string }[] = [];
  visit(document, {
    Pair(_, { key }) {
      if (!isScalar(key)) {
        if (isMap(key) || isSeq(key)) found.push({ offset: offsetOf(key), message: 'a key must be text' });
      } else if (typeof key.value !== 'string' && typeof key.value !== 'symbol') {
        const written = key.source ?? String(key.value);
        const message = `YAML 1.1 reads the key ${written} as ${describe(key.value)}; write '${written}'`;
        found.push({ offset: offsetOf(key), message });
      }
    },
  });
  return found;
}

const describe = (value: unknown) => (value instanceof Date ? 'a date' : String(value));

const offsetOf = (node: Node): number => node.range?.[0] ?? 0;

/** The offset of what `path` names, or of the nearest that is there. */
function locate(document: Document, path: readonly PropertyKey[], part: 'key' | 'value'): number {
  let node: unknown = resolve(document.contents, document);
  let offset = node === null ? 0 : offsetOf(node as Node); // SAFE: contents of a document are nodes
  for (const [index, name] of path.entries()) {
    const last = index === path.length - 1;
    if (isMap(node)) {
      const pair = findPair(node, name, document);
      if (!pair) return offset;
      const [key, value] = [pair.key, pair.value] as [Node, Node | null]; // SAFE: parsed, not made
      offset = last && part === 'value' && value && !isEmpty(value) ? offsetOf(value) : offsetOf(key);
      node = resolve(value, document);
    } else if (isSeq(node)) {
      const item = node.items[Number(name)];
      if (item === undefined) return offset;
      offset = offsetOf(item as Node); // SAFE: parsed, not made
      node = resolve(item, document);
    } else return offset;
  }
  return offset;
}

/** `key:` with nothing behind it has its value somewhere after it. */
const isEmpty = (node: Node) => isScalar(node) && node.value === null && node.source === '';

/** What an alias stands for, and anything else as it is. */
const resolve = (node: unknown, document: Document): unknown =>
  isAlias(node) ? node.resolve(document) : node;

/** The pair of that key, also where a merge key (`<<`) brings it. */
function findPair(map: YAMLMap, name: PropertyKey, document: Document): Pair | undefined {
  const written = map.items.find(({ key }) => isScalar(key) && String(key.value) === String(name));
  if (written) return written;
  const merged = map.items.filter(({ key }) => isScalar(key) && key.source === '<<');
  for (const { value } of merged) {
    const resolved = resolve(value, document);
    for (const one of isSeq(resolved) ? resolved.items : [resolved]) {
      const source = resolve(one, document);
      const pair = isMap(source) ? findPair(source, name, document) : undefined;
      if (pair) return pair;
    }
  }
  return undefined;
}
