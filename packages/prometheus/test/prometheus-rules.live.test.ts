import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createStreams, defineTopic } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPrometheus } from '../src/index.ts';
import { alertingRules, alertingRulesTest, alerts } from '../src/rules.ts';

const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isostream-rules-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(['collector', 'sdk'] as const)('in the spelling of the %s', (spelling) => {
  it('promtool accepts the rules, and each alert fires when it should and is quiet when it should be', async () => {
    const rules = join(folder, `${spelling}.yml`);
    const tests = join(folder, `${spelling}.test.yml`);
    await writeFile(rules, alertingRules(spelling));
    await writeFile(tests, alertingRulesTest(rules, spelling));
    const checked = await run('promtool', ['check', 'rules', rules]);
    expect(checked.stdout).toContain(`SUCCESS: ${alerts.length} rules found`);
    const tested = await run('promtool', ['test', 'rules', tests]);
    expect(tested.stdout).toContain('SUCCESS');
  });

  it('promtool notices a rule that never fires', async () => {
    const rules = join(folder, `${spelling}-never.yml`);
    const tests = join(folder, `${spelling}-never.test.yml`);
    await writeFile(rules, alertingRules(spelling).replaceAll('> 0', '> 1e9'));
    await writeFile(tests, alertingRulesTest(rules, spelling));
    await expect(run('promtool', ['test', 'rules', tests])).rejects.toThrow('FAILED');
  });
});

it('promtool finds nothing to say of the metrics', async () => {
  const orders = defineTopic('orders', { raw: true, partitions: 1 });
  await using streams = await createStreams({ adapter: createMemory(), topics: [orders] });
  const exporter = createPrometheus({ streams: [streams] });
  const consumer = streams.consumer(orders, { group: 'g' });
  await streams.producer(orders).send({ key: 'k', value: Buffer.from('v') });
  await consumer.run(() => void consumer.close());
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: await exporter.metrics(),
    encoding: 'utf8',
  });
  exporter.close();
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
});
