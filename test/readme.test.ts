import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';

const folder = new URL('./generated/', import.meta.url);
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const snippets = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the programs in the README', { timeout: 60_000 }, () => {
  it('are there', () => {
    expect(snippets.length).toBeGreaterThan(0);
  });

  it.each(snippets.map((code, index) => ({ code, index })))(
    'number $index runs as it is pasted, as JavaScript on the Node that runs this, also the oldest that is supported',
    ({ code, index }) => {
      mkdirSync(folder, { recursive: true });
      const file = new URL(`pasted-${index}.mjs`, folder);
      writeFileSync(file, code);
      const output = execFileSync('node', [file.pathname], {
        encoding: 'utf8',
        timeout: 20_000,
        env: { ...process.env, ISOSTREAM_URL: 'memory:' },
      });
      expect(output).toMatch(/^stored at .*\nbill o-1, attempt 1\n$/);
    },
  );

  it.each(snippets.map((code, index) => ({ code, index })))(
    'number $index compiles and runs in memory',
    ({ code, index }) => {
      mkdirSync(folder, { recursive: true });
      const file = new URL(`readme-${index}.ts`, folder);
      const config = new URL('tsconfig.json', folder);
      writeFileSync(file, code);
      writeFileSync(
        config,
        JSON.stringify({
          extends: '../../tsconfig.base.json',
          compilerOptions: {
            isolatedDeclarations: false,
            composite: false,
            declarationMap: false,
            outDir: 'out',
            rootDir: '.',
          },
          include: ['*.ts'],
        }),
      );
      execFileSync('npx', ['tsc', '-p', config.pathname], { encoding: 'utf8', stdio: 'pipe' });
      const output = execFileSync('node', [new URL(`out/readme-${index}.js`, folder).pathname], {
        encoding: 'utf8',
        timeout: 20_000,
        env: { ...process.env, ISOSTREAM_URL: 'memory:' },
      });
      expect(output).toContain('bill o-1, attempt 1');
    },
  );
});
