import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const bin = new URL('../bin/isostream.js', import.meta.url).pathname;
const core = new URL('../../core/dist/index.js', import.meta.url).href;
const zod = import.meta.resolve('zod');
const folder = mkdtempSync(join(tmpdir(), 'isostream-contracts-'));

afterAll(() => rmSync(folder, { recursive: true }));

function module(name: string, fields: string): string {
  const file = join(folder, name);
  writeFileSync(
    file,
    `import { defineTopic } from '${core}';\nimport { z } from '${zod}';\n` +
      `export const orders = defineTopic('orders', { events: { 'order.placed': z.object({ ${fields} }) }, key: (event) => event.data.id });\n` +
      `export const other = 1;\n`,
  );
  return file;
}

function contracts(...args: readonly string[]) {
  return spawnSync('node', [bin, 'contracts', ...args], { encoding: 'utf8', cwd: folder });
}

describe('isostream contracts', () => {
  const contract = join(folder, 'contract.json');
  const current = module('current.mjs', 'id: z.string(), total: z.number()');

  beforeAll(() => {
    contracts('export', current, '--out', contract);
  });

  it('export writes what the topics of a module promise', () => {
    expect(JSON.parse(contracts('export', current).stdout)).toEqual(JSON.parse(readFileSync(contract, 'utf8')));
    expect(JSON.parse(readFileSync(contract, 'utf8'))).toMatchObject({
      topics: { orders: { events: expect.anything() } },
    });
  });

  it('check passes what adds an optional property', () => {
    const { status, stderr } = contracts(
      'check',
      module('wider.mjs', 'id: z.string(), total: z.number(), note: z.string().optional()'),
      '--against',
      contract,
    );
    expect([status, stderr]).toEqual([0, 'compatible: 0 breaking, 0 unknown, 0 advice\n']);
  });

  it('check fails what removes a field, and names field, event and reader', () => {
    const narrower = module('narrower.mjs', 'id: z.string()');
    const { status, stdout } = contracts('check', narrower, '--against', contract);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /breaking orders order\.placed \(old code reading new events\): the reader requires "total"/,
    );

    const json = contracts('check', narrower, '--against', contract, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ verdict: 'breaking' });
    const annotations = contracts('check', narrower, '--against', contract, '--github').stdout.trim().split('\n');
    expect(annotations).toEqual(
      expect.arrayContaining([expect.stringMatching(/^::error title=contracts::orders order\.placed/)]),
    );
    expect(annotations.every((line) => line.startsWith('::'))).toBe(true);
  });

  it('asyncapi writes a document of the application in this folder', () => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'shop', version: '2.1.0' }));
    const { status, stdout } = contracts('asyncapi', current, '--send', 'orders');
    expect([status, JSON.parse(stdout)]).toMatchObject([
      0,
      {
        asyncapi: '3.0.0',
        info: { title: 'shop', version: '2.1.0' },
        channels: { orders: { address: 'orders' } },
        operations: { 'send-orders': { action: 'send' } },
      },
    ]);
    expect(contracts('asyncapi', current, '--send', 'order').stderr).toMatch(
      /^error asyncapi: no topic is called "order"/,
    );
  });

  it('check reads the older contract from a git ref', () => {
    const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: folder, stdio: 'pipe' });
    git('init', '--quiet', '--initial-branch', 'main');
    git('add', 'contract.json');
    git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '--quiet', '--message', 'contract');
    expect(contracts('check', current, '--against', 'main:contract.json').status).toBe(0);
    expect(contracts('check', current, '--against', 'main:none.json')).toMatchObject({
      stderr: expect.stringMatching(/^.*git has no none\.json at main.*\n$/),
    });
  });

  it.each([
    ['a module that is not there', 2, ['export', 'missing.mjs'], /cannot load missing\.mjs/],
    ['a module without topics', 2, ['export', core.replace('file://', '')], /exports no topic/],
    ['a contract that is none', 2, ['check', contract, '--against', current], /is not JSON/],
  ])('refuses %s in one line', (_, code, args, says) => {
    const { status, stderr } = contracts(...args);
    expect(status).toBe(code);
    expect(stderr).toMatch(says);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
