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

  const source = join(folder, 'source.ts');

  beforeAll(() => {
    // Nothing takes an enum away: Node with types has no code for it.
    writeFileSync(source, 'export enum One { A }\n');
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

  it('check names as JSON what the registries have nothing of', () => {
    const file = join(folder, 'registered.mjs');
    writeFileSync(
      file,
      `import { defineTopic, json } from '${core}';\nimport { z } from '${zod}';\n` +
        `const codec = { ...json(), schemas: { own: () => undefined, newest: async () => undefined } };\n` +
        `export const orders = defineTopic('orders', { events: { placed: z.object({}) }, key: () => 'a', codec });\n`,
    );
    const { status, stdout } = contracts('check', file, '--against', 'registry', '--json');
    expect([status, JSON.parse(stdout)]).toEqual([
      0,
      { verdict: 'compatible', findings: [], absent: ['orders placed'] },
    ]);
  });

  it('check says what there is to do where no codec has a registry', () => {
    const { status, stderr } = contracts('check', current, '--against', 'registry');
    expect([status, stderr.trim().split('\n')]).toEqual([
      2,
      [expect.stringMatching(/no topic has a codec with a schema registry\. Give registry to the codec/)],
    ]);
    expect(contracts('check', contract, '--against', 'registry')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/names no registry\. Give the module/),
    });
  });

  it.each([
    [
      'a module that Node cannot load as it is',
      2,
      ['export', source],
      /cannot load .*\.ts: .+\. Where Node\.js cannot load TypeScript.*--import tsx/,
    ],
    ['a module that is not there', 2, ['export', 'missing.mjs'], /cannot load missing\.mjs/],
    [
      'a file that cannot be written',
      2,
      ['export', current, '--out', 'none/x.json'],
      /cannot write none\/x\.json: its folder/,
    ],
    ['a module without topics', 2, ['export', core.replace('file://', '')], /exports no topic/],
    ['a contract that is none', 2, ['check', contract, '--against', current], /is not JSON/],
  ])('refuses %s in one line', (_, code, args, says) => {
    const { status, stderr } = contracts(...args);
    expect(status).toBe(code);
    expect(stderr).toMatch(says);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
