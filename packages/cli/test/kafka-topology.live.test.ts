import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { playTopology, topicsThen } from './support/play-topology.ts';
import { isostreamWith } from './support/run.ts';

const core = new URL('../../core/dist/index.js', import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), 'isostream-topology-'));
let cluster: KafkaCluster;

beforeAll(async () => {
  cluster = await startKafka({ mode: 'native' });
}, 120_000);
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await cluster.stop();
});

it('topics are planned and applied as declared', async () => {
  expect(await playTopology(cluster.url)).toEqual(topicsThen);
});

it('one command applies what another one planned, and tells a pipeline by its exit code', () => {
  const file = join(folder, 'topics.mjs');
  const declare = (partitions: number): void =>
    writeFileSync(
      file,
      `import { defineTopic } from '${core}';\nexport const orders = defineTopic('orders', { raw: true, partitions: ${partitions} });\n`,
    );
  const topology = (...args: readonly string[]) =>
    isostreamWith({ ISOSTREAM_URL: cluster.url }, 'topology', args[0] ?? '', file, ...args.slice(1));
  const status = () => topology('plan', '--group', 'g', '--detailed-exitcode').status;
  declare(2);
  expect(status()).toBe(2);
  const done = topology('apply', '--group', 'g', '--execute');
  expect([done.status, done.stderr]).toEqual([0, 'created orders\ncreated orders.g.dlq\nevery topic is as declared\n']);
  expect(status()).toBe(0);
  declare(4);
  const refused = topology('apply', '--execute');
  expect([refused.status, refused.stderr]).toEqual([5, expect.stringContaining("consent: 'grow-keyed-topic'")]);
  expect(refused.stdout).toMatch(/^~ orders: is changed: partitions 2 → 4\n +needs consent: /);
  const { stdout } = topology('apply', '--execute', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ executed: false, applied: [] });
});
