import { applyTransforms, type ConnectRecord, createTransforms } from '@isostream/connect';
import { describe, expect, it } from 'vitest';

function routed(regex: string, topic: string, replacement = '<$0>'): string {
  const chain = createTransforms({
    transforms: 't',
    'transforms.t.type': 'RegexRouter',
    'transforms.t.regex': regex,
    'transforms.t.replacement': replacement,
  });
  const nothing = { schema: null, value: null };
  const record: ConnectRecord = {
    ...{ kind: 'sink', topic, partition: 0, offset: 0n, key: nothing, value: nothing, headers: [], timestamp: 0 },
  };
  return applyTransforms(chain, record)?.topic ?? '';
}

describe('expressions match what java.util.regex matches', () => {
  it.each([
    ['(?i)abc-(.*)', 'ABC-x', '<ABC-x>'],
    ['(?iu)Ä.*', 'äbc', '<äbc>'],
    [String.raw`\x{61}bc`, 'abc', '<abc>'],
    [String.raw`\0101bc`, 'Abc', '<Abc>'],
    [String.raw`(a)\10`, 'aa0', '<aa0>'],
    ['[]a]', 'a', '<a>'],
    ['[^]a]', 'b', '<b>'],
    [String.raw`[\]]a`, ']a', '<]a>'],
    [String.raw`[\s\S]*`, 'a b', '<a b>'],
    [String.raw`\s`, '\u00a0', '\u00a0'],
    [String.raw`\v`, '\n', '<\n>'],
    [String.raw`a\hb`, 'a b', '<a b>'],
    [String.raw`\p{Graph}+`, 'a-b', '<a-b>'],
    [String.raw`[\Qa-]\E]+`, 'a-]', '<a-]>'],
    ['(?ii)a', 'A', '<A>'],
    // A dash behind a class, or behind a range, is itself.
    [String.raw`[\s-z]+`, 'abc', 'abc'],
    [String.raw`[\w\s-.]+`, 'a,b', 'a,b'],
    [String.raw`[^\s-_]+`, 'AB', '<AB>'],
    [String.raw`[\p{Space}-_]+`, 'ABC', 'ABC'],
    [String.raw`[\h-z]`, '-', '<->'],
    [String.raw`[a-z-\d]+`, 'a-1', '<a-1>'],
    [String.raw`[A-Za-z-\w]+`, 'A', '<A>'],
    [String.raw`[\x61-c]+`, 'abc', '<abc>'],
    ['[-a]+', 'a-', '<a->'],
    ['[a-]+', 'a-', '<a->'],
  ])('%s on %s', (regex, topic, expected) => expect(routed(regex, topic)).toBe(expected));
});

describe('expressions that Java reads in another way, or not at all, are refused with the reason', () => {
  it.each([
    ['a(?i)bc', /flags are supported only at the start/],
    ['(?x) a b', /flags are supported only at the start/],
    ['(?i:abc)-.*', /Write \[aA\]/],
    ['(?i)Ä.*', /Use \(\?iu\)/],
    ['(?<na_me>abc)', /letters and digits only/],
    [String.raw`\1(a)`, /there is no group 1 before/],
    [String.raw`(a)\2`, /there is no group 2 before/],
    [String.raw`[a-\d]`, /a range ends with a class/],
    [String.raw`[\.-\w]`, /a range ends with a class/],
    [String.raw`[\t-\s]`, /a range ends with a class/],
    ['[a-[b]]', /classes inside of classes/],
    [String.raw`[\b]`, /\\b is not supported in a class/],
    [String.raw`\x6`, /is not a character/],
    [String.raw`\p{L}+`, /Use one of Lower/],
    [String.raw`\R`, /\\R is not supported/],
    ['[a-z&&[^b]]', /classes inside of classes/],
    ['a++', /possessive/],
  ])('%s', (regex, reason) => expect(() => routed(regex, 'abc')).toThrow(reason));
});

function read(format: string, text: string): number | 'bad record' {
  const chain = createTransforms({
    transforms: 't',
    'transforms.t.type': 'TimestampConverter$Value',
    'transforms.t.format': format,
    'transforms.t.target.type': 'unix',
  });
  const [key, value] = [
    { schema: null, value: null },
    { schema: null, value: text },
  ];
  const about = { kind: 'sink', topic: 't', partition: 0, offset: 0n, headers: [], timestamp: 0 } as const;
  try {
    return Number(applyTransforms(chain, { ...about, key, value })?.value.value);
  } catch {
    return 'bad record';
  }
}

describe('times are read as SimpleDateFormat reads them', () => {
  it.each([
    ['z', 'GMT+1:00', -3_600_000],
    ['z', 'GMT+1', 'bad record'],
    ['Z', '+0100', -3_600_000],
    ['Z', '+01:00', 'bad record'],
    ['Z', '+2500', 'bad record'],
    ['HH:mm zzzz', '10:00 Coordinated Universal Time', 36_000_000],
    ['G', 'BC', -124_304_284_800_000],
    // By places, of which a blank takes one.
    ['yyyyMMdd', ' 20231114', -55_704_153_600_000],
  ] as const)('%s of %s', (format, text, expected) => expect(read(format, text)).toBe(expected));

  // Java wraps it around, and reads a year that nobody wrote.
  it('but a number beyond 32 bits is a bad record', () => expect(read('yyyy', '20231114221320')).toBe('bad record'));
});
