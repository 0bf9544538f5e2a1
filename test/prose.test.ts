import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Idioms that readers trip over: what to write, the idiom, and an example of it. */
const idioms: readonly (readonly [write: string, idiom: RegExp, example: string])[] = [
  ['Valid options: a, b', /\bKnown are\b/i, 'unknown option c. Known are a, b'],
  [
    '"x" is not a valid address',
    /(?<!\bthere )\b(?:is|are) no (?!(?:longer|more|less|larger|later)\b)\w/i,
    'x is no address',
  ],
  ['retries until it recovers', /\boutlast(?:s|ed|ing)?\b/i, 'It outlasts connection trouble'],
  ['permanently', /\bfor good\b/i, 'an event fails for good'],
  ['timed out', /\bin vain\b/i, 'waited in vain until it came'],
  [
    'errors that need operator action',
    /\b(?:needs?|takes?) a person\b|\ba person is needed\b/i,
    'rejects with what needs a person',
  ],
  ['is listed in, is stored in', /\b(?:stands?|stood) in\b/i, 'What is promised stands in the contract'],
  [
    'events per second, one result per batch',
    /\b(?:letters|events|records|bytes|MB|requests|reads|writes|calls) a (?:second|minute)\b(?! time)|\b(?:results?|letters|events) a batch\b/i,
    'one result a batch',
  ],
  ['is redriven after the fix', /\bafter a repair\b/i, 'is sent again after a repair'],
  ['Leaving the loop closes the consumer', /\bTo leave \w+ \w+ closes\b/i, 'To leave the loop closes the consumer'],
  [
    'skipped: destructive scenarios run only against brokers this command started',
    /\bours to break\b/i,
    'not ours to break',
  ],
  ['context', /\bctx\b/, 'its ctx.signal is aborted'],
  ['This is a bug in isostream; please report it', /\bthis is a defect\b/i, 'This is a defect'],
];

describe('prose is plain technical English', () => {
  it.each(idioms)('%s', (_, idiom) => {
    const found = texts().flatMap(([file, text]) => {
      const at = idiom.exec(text);
      return at === null ? [] : [`${file}: …${text.slice(Math.max(0, at.index - 40), at.index + 60)}…`];
    });
    expect(found).toEqual([]);
  });

  it.each(idioms)('%s: notices the idiom in a page, a comment and a message', (_, idiom, example) => {
    const [head = '', ...rest] = example.split(' ');
    const broken = `${head}\n * ${rest.join(' ')}`;
    expect(prose(`page.md`, example.replace(' ', '\n'))).toMatch(idiom);
    expect(prose('a.ts', `const a = 1;\n/** ${broken} */\n`)).toMatch(idiom);
    expect(prose('a.ts', `throw new Error('${example}');`)).toMatch(idiom);
  });

  it('reads no names of the code', () => {
    expect(prose('a.ts', `import { outlast } from './outlast.ts';\nawait outlast(1);`)).not.toMatch(/outlast/);
  });
});

function texts(): readonly (readonly [file: string, text: string])[] {
  const parts = ['packages', 'adapters'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
  );
  const pages = [
    ...files('.', /^(?!CHANGELOG)[^/]+\.md$/, false),
    ...files('docs', /^(?!decisions\/).*\.md$/, true),
    ...parts.flatMap((part) => files(part, /^README\.md$/, false)),
  ];
  const sources = [
    ...[...parts, 'conformance-tests', 'simulation', 'bench', 'comparison'].flatMap((part) =>
      files(`${part}/src`, /\.ts$/, true),
    ),
    ...files('scripts', /\.js$/, true),
    ...files('packages/console/page', /\.tsx?$/, true),
    ...files('packages/create-isostream/templates', /\.ts$/, true),
    ...readdirSync(join(root, 'examples')).flatMap((name) => files(`examples/${name}/src`, /\.ts$/, true)),
  ];
  expect(pages.length).toBeGreaterThan(20);
  expect(sources.length).toBeGreaterThan(200);
  return [...pages, ...sources].map((file) => [file, prose(file, readFileSync(join(root, file), 'utf8'))]);
}

function files(folder: string, name: RegExp, recursive: boolean): readonly string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive, encoding: 'utf8' })
    .filter((file) => name.test(file))
    .map((file) => join(folder, file));
}

/** A page as it is; of code its comments and literals. Each on one line, because sentences go over several. */
function prose(file: string, text: string): string {
  if (file.endsWith('.md')) return text.replaceAll(/\s*\n\s*/g, ' ');
  const code = text.replaceAll(/^(?:import|export)\b.*from '.*';$|^\} from '.*';$/gm, '');
  const said = code.match(/\/\/.*|\/\*[^]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? [];
  return said.map((part) => part.replaceAll(/\s*\n\s*\*?\s*/g, ' ')).join('\n');
}
