import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isostreamWith } from './support/run.ts';

const core = new URL('../../core/dist/index.js', import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), 'isostream-topology-'));
const file = join(folder, 'topics.mjs');
writeFileSync(
  file,
  `import { defineTopic } from '${core}';
export const orders = defineTopic('orders', { raw: true, partitions: 2, retention: '36h', maxEventBytes: '64kb' });
export const audit = defineTopic('audit', { raw: true, retention: 'forever' });
`,
);
afterAll(() => rmSync(folder, { recursive: true }));

const topology = (...args: readonly string[]) => isostreamWith({ ISOSTREAM_URL: 'memory:' }, 'topology', ...args);

describe('isostream topology', () => {
  it('plan shows what is to be created, in units as they are declared', () => {
    expect(topology('plan', file)).toMatchObject({
      status: 0,
      stdout:
        '+ audit: is created: retention forever\n+ orders: is created: partitions 2, retention 36h, maxEventBytes 64kb\n',
      stderr: 'nothing was changed. With --execute it creates 2 topics\n',
    });
  });

  it('plan --json has the plan as data, and says that nothing was applied', () => {
    const { stdout } = topology('plan', file, '--json', '--group', 'billing');
    expect(JSON.parse(stdout)).toMatchObject({
      provider: 'memory',
      executed: false,
      applied: [],
      undeclared: [],
      unlisted: [],
      steps: [
        { topic: 'audit', change: 'create', settings: [{ name: 'retentionMs', to: 'forever' }] },
        { topic: 'audit.billing.dlq', deadLettersOf: { topic: 'audit', group: 'billing' } },
        { topic: 'orders' },
        { topic: 'orders.billing.dlq' },
      ],
    });
  });

  it('apply acts only when told to', () => {
    expect(topology('apply', file).stderr).toBe('nothing was changed. With --execute it creates 2 topics\n');
    expect(topology('apply', file, '--execute')).toMatchObject({
      status: 0,
      stderr: 'created audit\ncreated orders\nevery topic is as declared\n',
    });
  });

  it('plan --detailed-exitcode tells changes from errors, as Terraform does, whatever the error is', () => {
    const detailed = (...args: readonly string[]) => topology('plan', ...args, '--detailed-exitcode').status;
    expect([detailed(file), detailed(join(folder, 'none.mjs')), detailed(file, '--typo'), detailed()]).toEqual([
      2, 1, 1, 1,
    ]);
    expect(topology('plan', join(folder, 'none.mjs')).status).toBe(2);
  });

  it('refuses a consent that there is none of', () => {
    expect(topology('plan', file, '--consent', 'all')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Valid: grow-keyed-topic, shorten-retention'),
    });
  });
});
