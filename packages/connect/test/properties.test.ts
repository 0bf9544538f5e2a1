import { createTransforms, parseProperties } from '@isostream/connect';
import { describe, expect, it } from 'vitest';

function read(text: string): Record<string, string> {
  return Object.fromEntries([...parseProperties(text).properties].map(([name, { value }]) => [name, value]));
}

describe('a property file is read as Java reads it', () => {
  it.each<[what: string, text: string, expected: Record<string, string>]>([
    ['three separators', 'a=1\nb:2\nc 3\nd = 4\ne', { a: '1', b: '2', c: '3', d: '4', e: '' }],
    ['comments', '# a=1\n ! b=2\nc=3 # text', { c: '3 # text' }],
    ['a continued line', 'topics=a,\\\n   b\nx=1', { topics: 'a,b', x: '1' }],
    ['a doubled backslash at the end, which does not continue', 'a=C:\\\\\nb=1', { a: 'C:\\', b: '1' }],
    ['escapes', String.raw`p=C:\temp \u00e9 \$Value`, { p: 'C:\temp é $Value' }],
    ['blanks before and behind a value', 'a =   x  ', { a: 'x  ' }],
    ['a name with escaped separators', String.raw`a\:b\ c=1`, { 'a:b c': '1' }],
    ['quotes, which are text', 'format="yyyy"', { format: '"yyyy"' }],
    ['the last of two', 'a=1\na=2', { a: '2' }],
    ['line ends of other systems', 'a=1\r\nb=2\rc=3', { a: '1', b: '2', c: '3' }],
    ['a comment after a continued line, which is text', 'a=1\\\n#b', { a: '1#b' }],
    ['a comment behind a line that is only a backslash', '\\\n# a=1\nb=2', { b: '2' }],
  ])('%s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('says which property is given twice, and on which lines', () => {
    expect(parseProperties('a=1\n\na=2').warnings).toEqual(['line 3: a is also given on line 1; the last one counts']);
  });

  it('reads UTF-8 and Latin-1, and says what Kafka Connect would misread', () => {
    const utf8 = parseProperties(Buffer.from('name=é'));
    expect(utf8.properties.get('name')?.value).toBe('é');
    expect(utf8.warnings).toHaveLength(1);
    const latin1 = parseProperties(Buffer.from('name=é', 'latin1'));
    expect(latin1.properties.get('name')?.value).toBe('é');
    expect(latin1.warnings).toEqual([]);
  });

  it('refuses a broken unicode escape by its line', () => {
    expect(() => parseProperties('a=1\nb=\\u12')).toThrow('line 2');
  });
});

describe('the properties of transforms', () => {
  const type = 'org.apache.kafka.connect.transforms.InsertField$Value';

  it('that are unknown are named with the nearest known one', () => {
    const { warnings } = createTransforms({
      transforms: 't',
      'transforms.t.type': type,
      'transforms.t.topic.field': 'x',
      'transforms.t.timestamp.feild': 'y',
      'transforms.u.type': type,
    });
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('did you mean timestamp.field?');
    expect(warnings[1]).toContain('transforms.u.type has no effect');
  });

  it.each([
    ['a class with a typo', { 'transforms.t.type': 'InsertFeild$Value' }, 'did you mean InsertField$Value?'],
    ['a class without $Key or $Value', { 'transforms.t.type': 'InsertField' }, 'InsertField$Key or InsertField$Value'],
    ['a backslash left in the class name', { 'transforms.t.type': String.raw`InsertField\$Value` }, 'backslash'],
    ['a predicate that does not exist', { 'transforms.t.type': 'Filter', 'transforms.t.predicate': 'p' }, 'predicates'],
    ['an expression that is none', { 'transforms.t.type': 'RegexRouter', 'transforms.t.regex': '(' }, 'replacement'],
  ])('are refused before anything starts: %s', (_, properties, message) => {
    expect(() => createTransforms({ transforms: 't', ...properties })).toThrow(message);
  });

  it('are all checked at once', () => {
    const broken = { transforms: 'a,b', 'transforms.a.type': 'Nope', 'transforms.b.type': 'Cast$Value' };
    expect(() => createTransforms(broken)).toThrow(/transforms\.a\.type[^]*transforms\.b\.spec/);
  });
});
