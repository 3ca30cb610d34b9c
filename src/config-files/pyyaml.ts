import type { ScalarTag, Tags } from 'yaml';

/**
 * How PyYAML reads a plain scalar. It follows YAML 1.1 where it says so, and its own expressions elsewhere: `y` is text, as
 * are `1e3`, `.` and `09`, while `yes`, `010` and `1:30` are not.
 */
const PATTERNS: Readonly<Record<string, RegExp>> = {
  'bool true': /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/,
  'bool false': /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/,
  int: /^[-+]?(?:0|[1-9][0-9_]*)$/,
  'int TIME': /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/,
  float: /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/,
  timestamp:
    /^\d{4}-(?:\d\d-\d\d|\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/,
  'float EXP': /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)[eE][-+][0-9]+$/,
};

/** PyYAML has meanings for these, and cannot read them as values: as text they are written in quotes. */
const UNREADABLE: ScalarTag = {
  tag: 'tag:yaml.org,2002:value',
  default: true,
  test: /^(?:=|<<)$/,
  resolve: (text) => text,
};

/** The tags of YAML 1.1 as PyYAML has them. */
export function pythonTags(tags: Tags): Tags {
  const theirs = tags.map((tag) => {
    if (typeof tag === 'string' || !isPlain(tag)) return tag;
    const test = PATTERNS[nameOf(tag)];
    return test ? { ...tag, test } : tag;
  });
  return [...theirs, UNREADABLE];
}

/** The same for writing: what is text stays text, `<<` too. */
export function writtenTags(tags: Tags): Tags {
  return pythonTags(tags).filter((tag) => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:merge');
}

const isPlain = (tag: Exclude<Tags[number], string>): tag is ScalarTag => 'test' in tag;

function nameOf(tag: ScalarTag): string {
  const kind = tag.tag.replace('tag:yaml.org,2002:', '');
  if (kind === 'bool') return tag.identify?.(true) ? 'bool true' : 'bool false';
  // The infinities have no format of their own, and are the same in both.
  if (kind === 'float' && tag.test?.test('.inf')) return 'infinity';
  return tag.format ? `${kind} ${tag.format}` : kind;
}
