import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const generated = join(root, 'test/generated-snippets');

afterAll(() => rmSync(generated, { recursive: true, force: true }));

it('every example of the guides and concepts compiles', () => {
  const pages = ['docs/guides', 'docs/concepts'].flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder))
          .filter((name) => name.endsWith('.md'))
          .map((name) => `${folder}/${name}`)
      : [],
  );
  mkdirSync(generated, { recursive: true });
  for (const page of pages)
    for (const [index, code] of snippets(readFileSync(join(root, page), 'utf8')).entries())
      writeFileSync(join(generated, `${page.replaceAll(/[/.]/g, '-')}-${index}.ts`), code);
  const compilerOptions = {
    ...{ isolatedDeclarations: false, composite: false, declarationMap: false, noEmit: true },
    // Examples declare what the text is about, and Nest's decorators are the older ones.
    ...{ noUnusedLocals: false, noUnusedParameters: false, erasableSyntaxOnly: false, experimentalDecorators: true },
  };
  const config = { extends: '../../tsconfig.base.json', compilerOptions, include: ['*.ts'] };
  writeFileSync(join(generated, 'tsconfig.json'), JSON.stringify(config));
  expect(compile()).toBe('');
});

it('an example without imports begins with what its page says in a comment', () => {
  const page =
    "<!-- before each example:\nimport { a } from 'a';\n-->\n\n```ts\na();\n```\n\n```ts\nimport 'b';\n```\n";
  expect(snippets(page)).toEqual(["import { a } from 'a';\na();\n", "import 'b';\n"]);
});

/** The examples of a page, each a module. */
function snippets(page: string): readonly string[] {
  const [, before = ''] = /^<!-- before each example:\n([^]*?)-->$/m.exec(page) ?? [];
  return [...page.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = '']) =>
    /^import /m.test(code) ? code : `${before}${code}`,
  );
}

/** What the compiler finds wrong. */
function compile(): string {
  try {
    return execFileSync('npx', ['tsc', '-p', generated], { encoding: 'utf8', stdio: 'pipe', cwd: root });
  } catch (error) {
    return typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : String(error);
  }
}
