import { appendFileSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import type * as promises from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { FileLines } from '../src/sources/file-lines.ts';

const between = vi.hoisted(() => ({ happen: (): void => undefined }));

// What happens between two looks at a file is made to happen there: just before its name is looked at.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof promises>();
  const stat = (...arguments_: Parameters<typeof real.stat>): ReturnType<typeof real.stat> => {
    between.happen();
    between.happen = () => undefined;
    return real.stat(...arguments_);
  };
  return { ...real, stat };
});

it('a line that is written between the last look at a file and its rotation is read', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'isostream-rotation-')), 'in.txt');
  writeFileSync(file, 'one\n');
  const lines = new FileLines(file, { position: 0, mark: undefined }, () => undefined);
  const read = async (): Promise<string[]> => (await lines.read(10)).map(({ text }) => text);
  expect(await read()).toEqual(['one']);
  between.happen = () => {
    appendFileSync(file, 'two\n');
    renameSync(file, `${file}.1`);
    writeFileSync(file, 'three\n');
  };
  const found: string[] = [];
  await vi.waitFor(async () => {
    found.push(...(await read()));
    expect(found).toContain('three');
  });
  await lines.close();
  expect(found).toEqual(['two', 'three']);
});
