import { spawn, spawnSync } from 'node:child_process';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { createKafka } from '@isostream/kafka';
import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, ended, settled, shell } from './support/run.ts';

let cluster: KafkaCluster;
let streams: Streams;
const orders = defineTopic('orders', { raw: true, partitions: 2 });

beforeAll(async () => {
  cluster = await startKafka({ mode: 'native' });
  const { hostname, port } = new URL(cluster.url.replace('kafka:', 'http:'));
  streams = await createStreams({ adapter: createKafka({ brokers: [`${hostname}:${port}`] }), topics: [orders] });
  await streams.producer(orders).sendBatch(
    Array.from({ length: 50 }, (_, index) => ({
      key: 'k',
      // Together more than a pipe holds: whoever writes into one whose reader has left is told so by the next write alone.
      value: Buffer.from(JSON.stringify({ n: index, t: '\u001b[2J\u202e', padding: '.'.repeat(8_000) })),
      headers: [],
    })),
  );
  const billing = streams.consumer(orders, { group: 'billing' });
  let seen = 0;
  await billing.run(() => {
    if (++seen === 50) void billing.close();
  });
}, 120_000);

afterAll(async () => {
  await streams.close();
  await cluster.stop();
});

const groups = (): Promise<readonly string[]> => streams.admin.groups(orders);

describe('tail', { timeout: 60_000 }, () => {
  it('leaves no group when its reader has seen enough', async () => {
    const { status, stdout, stderr } = shell('isostream tail orders --from earliest --json | head -1', {
      ISOSTREAM_URL: cluster.url,
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ key: 'k', data: { n: 0 }, position: '0' });
    expect(stdout).toMatch(/^[\x20-\x7e\n]*$/);
    expect(await settled(groups)).toEqual(['billing']);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('leaves no group after %s', async (signal, code) => {
    const child = spawn('node', [...command, 'tail', 'orders', '--from', 'earliest'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ISOSTREAM_URL: cluster.url },
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.stdout.resume();
    expect((await groups()).filter((name) => name.startsWith('isostream-tail-'))).toHaveLength(1);
    child.kill(signal);
    expect(await ended(child)).toBe(code);
    expect(await settled(groups)).toEqual(['billing']);
  });

  it('shows what a terminal would obey as escapes', () => {
    const { stdout } = shell('isostream replay orders | head -1', { ISOSTREAM_URL: cluster.url });
    expect(stdout).toContain('\\u001b[2J\\u202e');
    expect(stdout).toMatch(/^[\x20-\x7e\n]*$/);
  });
});

describe('commands with a group', { timeout: 60_000 }, () => {
  const run = (...args: readonly string[]) =>
    spawnSync('node', [...command, ...args], {
      encoding: 'utf8',
      env: { ...process.env, ISOSTREAM_URL: cluster.url },
    });

  it.each([
    ['lag', ['lag', 'orders']],
    ['reset', ['reset', 'orders', '--to', 'earliest', '--execute']],
    ['delete-group', ['delete-group', 'orders', '--execute']],
    ['dlq list', ['dlq', 'list', 'orders']],
    ['redrive', ['redrive', 'orders', '--execute']],
  ])('refuse one that is not there, by name: %s', async (_, args) => {
    const { status, stdout, stderr } = run(...args, '--group', 'biling');
    expect([status, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(/topic "orders" has no group "biling"\. Its groups: billing\n$/);
    expect(await groups()).toEqual(['billing']);
  });

  it('move one only when told to in so many words, and show before and after', async () => {
    const committed = async () => (await streams.admin.lag(orders, 'billing')).map((lag) => lag.committed);
    const start = await committed();
    const plan = run('reset', 'orders', '--group', 'billing', '--to', 'earliest');
    expect([plan.status, plan.stderr]).toEqual([0, expect.stringContaining('nothing was changed')]);
    expect(plan.stdout).toMatch(/partition +before +after +again +skipped\n0 +\S+ +earliest/);
    expect(await committed()).toEqual(start);
    const done = run('reset', 'orders', '--group', 'billing', '--to', 'earliest', '--execute', '--json');
    expect(JSON.parse(done.stdout)).toMatchObject({
      executed: true,
      partitions: start.map((before, index) => ({ partition: String(index), before: before ?? null, after: '0' })),
    });
    expect(await committed()).toEqual(['0', '0']);
    const created = run('reset', 'orders', '--group', 'shipping', '--to', 'latest', '--execute', '--create');
    expect([created.status, await groups()]).toEqual([0, ['billing', 'shipping']]);
    expect(run('delete-group', 'orders', '--group', 'shipping').stderr).toContain('nothing was changed');
    expect(run('delete-group', 'orders', '--group', 'shipping', '--execute').status).toBe(0);
    expect(await groups()).toEqual(['billing']);
  });

  it('list them with state, lag and members, of all topics', () => {
    const { status, stdout } = run('groups', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      groups: [{ group: 'billing', topic: 'orders', events: 50, members: [] }],
    });
    expect(run('lag').stdout).toMatch(/group +topic +state +lag +oldest +members\nbilling +orders +stopped +50/);
  });

  it('watch its lag until they are interrupted', async () => {
    const child = spawn('node', [...command, 'lag', 'orders', '--group', 'billing', '--watch', '50ms'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, ISOSTREAM_URL: cluster.url },
    });
    let shown = '';
    for await (const chunk of child.stdout) {
      shown += String(chunk);
      if (shown.split('committed').length > 3) break;
    }
    child.kill('SIGINT');
    expect(await ended(child)).toBe(130);
  });
});

it('a redrive that is interrupted says how far it came', async () => {
  const refused = defineTopic('refused', { raw: true, partitions: 1 });
  const { hostname, port } = new URL(cluster.url.replace('kafka:', 'http:'));
  const adapter = createKafka({ brokers: [`${hostname}:${port}`] });
  await using client = await createStreams({ adapter, topics: [refused] });
  const events = Array.from({ length: 5 }, (_, n) => ({ key: 'k', value: Buffer.from(`${n}`), headers: [] }));
  await client.producer(refused).sendBatch(events);
  const consumer = client.consumer(refused, { group: 'billing', retry: { attempts: 1 } });
  let seen = 0;
  await consumer.run(() => {
    if (++seen === 5) void consumer.close();
    throw new Error('no');
  });
  const args = ['redrive', 'refused', '--group', 'billing', '--rate', '1', '--execute'];
  const child = spawn('node', [...command, ...args], { env: { ...process.env, ISOSTREAM_URL: cluster.url } });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += String(text)));
  const end = async (): Promise<string | undefined> => (await client.admin.lag(refused, 'billing'))[0]?.end;
  while ((await end()) === '5');
  child.kill('SIGINT');
  expect(await ended(child)).toBe(130);
  expect(said).toMatch(/stopped: \d of 5 letters sent back, the others are as they were\n$/);
});
