import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../scripts/docs.js', import.meta.url));

/** What is wrong with the links and the navigation of these pages; of this repository without any. */
function check(pages?: Readonly<Record<string, string>>): { readonly status: number | null; readonly said: string } {
  const root = mkdtempSync(join(tmpdir(), 'isostream-docs-'));
  for (const [file, text] of Object.entries(pages ?? {})) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  const args = pages === undefined ? [script, '--check'] : [script, '--check', root];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  rmSync(root, { recursive: true, force: true });
  return { status, said: `${stdout}${stderr}`.trim() };
}

describe('the pages of the documentation', () => {
  it('link to what is there, and each of them is in a table of docs/README.md', () => {
    expect(check()).toEqual({ status: 0, said: expect.stringMatching(/^\d{3} pages, every link leads somewhere$/) });
  });

  it.each([
    ['a file', '[a](missing.md)', 'docs/a.md:3: missing.md is not there'],
    ['a folder', '[a](none/)', 'docs/a.md:3: none/ is not there'],
    ['a picture', '![a](images/a.svg)', 'docs/a.md:3: images/a.svg is not there'],
    ['a heading', '[a](b.md#what)', 'docs/a.md:3: docs/b.md has no heading #what'],
    ['a heading of its own', '[a](#what)', 'docs/a.md:3: docs/a.md has no heading #what'],
    ['something outside of the repository', '[a](../../a.md)', 'docs/a.md:3: ../../a.md is not there'],
  ])('are seen to link to %s that is missing', (_, link, said) => {
    const pages = { 'docs/README.md': '## All\n\n| [A](a.md) |\n| [B](b.md) |\n', 'docs/b.md': '# B\n' };
    expect(check({ ...pages, 'docs/a.md': `# A\n\n${link}\n` })).toEqual({ status: 1, said });
    expect(check({ ...pages, 'docs/a.md': `# A\n\n\`${link}\`, [b](b.md#b), [own](#a)\n` }).status).toBe(0);
  });

  it('are seen to be in no table', () => {
    const { status, said } = check({ 'docs/README.md': '## All\n', 'docs/a.md': '# A\n' });
    expect([status, said]).toEqual([1, 'docs/a.md is in no table of docs/README.md']);
  });

  it('have the anchors that GitHub gives', () => {
    const headings = '# A\n\n## `ts`: what, when?\n\n## Twice\n\n## Twice\n\n```sh\n# no heading\n```\n';
    const links = '[a](#ts-what-when) [b](#twice) [c](#twice-1) [d](#no-heading)';
    const { said } = check({ 'docs/README.md': '## All\n\n| [A](a.md) |\n', 'docs/a.md': `${headings}\n${links}\n` });
    expect(said).toBe('docs/a.md:13: docs/a.md has no heading #no-heading');
  });
});
