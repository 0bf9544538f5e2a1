import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const generated = join(root, 'test/generated-readmes');
const published = ['packages', 'adapters']
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
  .concat('conformance-tests')
  .filter((folder) => manifest(folder).private !== true);

afterAll(() => rmSync(generated, { recursive: true, force: true }));

describe('every package that is published', () => {
  it.each(published)('%s says what it is, how to install it, and where to read on', (folder) => {
    const readme = text(folder, 'README.md');
    expect(readme.split('\n')[0]).toBe(`# ${manifest(folder).name}`);
    expect(readme).toMatch(new RegExp(`^npm install .*${manifest(folder).name}\\b`, 'm'));
    expect(links(readme)).not.toEqual([]);
  });

  it.each(published)('%s links to what is there', (folder) => {
    const targets = links(text(folder, 'README.md')).map((link) => link.replace(/#.*/, ''));
    expect(targets.filter((target) => !existsSync(join(root, folder, target)))).toEqual([]);
  });

  it.each(published)('%s brings the license along, which npm takes from its own folder only', (folder) => {
    expect(text(folder, 'LICENSE')).toBe(text('.', 'LICENSE'));
  });

  it('has examples that compile', { timeout: 60_000 }, () => {
    const examples = published.flatMap((folder) =>
      [...text(folder, 'README.md').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => ({ folder, code })),
    );
    expect(examples.length).toBeGreaterThanOrEqual(published.length - 1);
    mkdirSync(generated, { recursive: true });
    for (const { folder, code } of examples) writeFileSync(join(generated, `${folder.replaceAll('/', '-')}.ts`), code);
    writeFileSync(
      join(generated, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.base.json',
        compilerOptions: { isolatedDeclarations: false, composite: false, declarationMap: false, noEmit: true },
        include: ['*.ts'],
      }),
    );
    expect(compile()).toBe('');
  });
});

/** What the compiler finds wrong. */
function compile(): string {
  try {
    return execFileSync('npx', ['tsc', '-p', generated], { encoding: 'utf8', stdio: 'pipe', cwd: dirname(generated) });
  } catch (error) {
    return typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : String(error);
  }
}

function text(folder: string, name: string): string {
  return readFileSync(join(root, folder, name), 'utf8');
}

function manifest(folder: string): { readonly name: string; readonly private?: boolean } {
  return JSON.parse(text(folder, 'package.json')) as { readonly name: string; readonly private?: boolean };
}

/** Links to other files of the repository. */
function links(readme: string): readonly string[] {
  return [...readme.matchAll(/\]\((\.[^)]*)\)/g)].map(([, target = '']) => target);
}
