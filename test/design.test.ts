import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scenarios } from '@isostream/conformance';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const text = readFileSync(join(root, 'DESIGN.md'), 'utf8');

describe('DESIGN.md', () => {
  it('names files and folders that are there', () => {
    const named = [...text.matchAll(/`((?:packages|adapters|conformance-tests|simulation)\/[^`]+)`/g)].map(
      ([, path = '']) => path,
    );
    const linked = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(20);
    expect([...named, ...linked].filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('guards each thing that bites with a scenario that is there, or a test', () => {
    const rows = text.slice(text.indexOf('## Things that bite')).match(/^\| .* \|$/gm) ?? [];
    const guards = rows.slice(2).map((row) => row.split('|').at(-2)?.trim() ?? '');
    expect(guards.length).toBeGreaterThanOrEqual(10);
    const ids = new Set<string>(scenarios.map(({ id }) => id));
    for (const guard of guards) {
      const named = /^`([a-z-]+\/[a-z-]+)`(?:$|,)/.exec(guard)?.[1];
      if (named === undefined) expect(guard).toMatch(/^`.*\.test\.ts`$/);
      else expect(ids).toContain(named);
    }
  });
});
