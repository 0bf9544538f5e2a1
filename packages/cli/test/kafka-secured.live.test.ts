import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAdapter } from '@isostream/core/adapter';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { createKafka } from '@isostream/kafka';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const bin = new URL('../bin/isostream.js', import.meta.url).pathname;
const file = join(mkdtempSync(join(tmpdir(), 'isostream-secured-')), 'isostream.json');
let cluster: KafkaCluster;
/** One of each kind that a team would look at first: nothing lost, order, members, bytes, a reset. */
const several = [
  'no-loss/all-is',
  'fidelity/bytes',
  'key-order/a-failed-event',
  'groups/a-member-joins',
  'start-replay/a-group-is-reset',
].join();

beforeAll(async () => {
  cluster = await startKafka({ mode: 'native', brokers: 3, secured: true });
}, 240_000);

afterAll(async () => {
  await cluster.stop();
});

function prove(...args: readonly string[]) {
  return spawnSync('node', [bin, 'conformance', '--scenario', several, ...args], { encoding: 'utf8' });
}

describe('conformance on three brokers with TLS and SASL', { timeout: 120_000 }, () => {
  it('takes user and password in the address, and options of TLS in a file', () => {
    const { saslSsl = '', ca = '', username = '', password = '' } = cluster.security ?? {};
    writeFileSync(file, JSON.stringify({ kafka: { ssl: { ca } } }));
    const url = `kafka://${username}:${password}@${saslSsl}?sasl=scram-sha-256`;
    const report = join(file, '..', 'report.json');
    const { status, stdout, stderr } = prove('--url', url, '--config', file, '--json', report);
    expect([status, stdout, stderr]).toEqual([
      0,
      '5 passed, 0 failed\n',
      expect.stringContaining(`kafka://***@${saslSsl.split(',')[0]}`),
    ]);
    const written = readFileSync(report, 'utf8');
    for (const text of [stderr, written]) expect(text).not.toContain(password);
    expect(JSON.parse(written)).toMatchObject({ provider: 'kafka', notRun: [] });
  });

  it('stops before the first scenario with a wrong password, which nobody reads', () => {
    const { saslPlaintext = '', username = '' } = cluster.security ?? {};
    const { status, stdout, stderr } = prove('--url', `kafka://${username}:hunter2@${saslPlaintext}`);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('preflight: cannot connect');
    expect(stderr).not.toMatch(/hunter2/);
  });

  it('says which permission is missing, before the first scenario', () => {
    const { saslPlaintext = '', powerless } = cluster.security ?? {};
    const url = `kafka://${powerless?.username}:${powerless?.password}@${saslPlaintext}?sasl=scram-sha-256`;
    const { status, stderr } = prove('--url', url);
    expect(status).toBe(1);
    expect(stderr).toContain('preflight: cannot create a topic');
  });

  it('gives all names a prefix, and clean-up deletes what a killed run left, and nothing else', async () => {
    const { saslPlaintext = '', username = '', password = '' } = cluster.security ?? {};
    const url = `kafka://${username}:${password}@${saslPlaintext}`;
    const adapter = openAdapter(
      createKafka({ brokers: saslPlaintext.split(','), sasl: { mechanism: 'plain', username, password } }),
    );
    await adapter.admin.createTopic('orders', { partitions: 1 });
    await adapter.admin.createTopic('proof-left', { partitions: 1 });
    const scenario = ['--scenario', 'no-loss/all-is', '--prefix', 'proof-', '--url', url];
    const running = spawn('node', [bin, 'conformance', ...scenario], { stdio: 'ignore' });
    const made = async (): Promise<readonly string[]> =>
      (await adapter.admin.listTopics()).filter((name) => name.startsWith('proof-c'));
    while ((await made()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    running.kill('SIGKILL');
    const cleaned = spawnSync('node', [bin, 'conformance', 'clean-up', '--prefix', 'proof-', '--url', url], {
      encoding: 'utf8',
    });
    expect([cleaned.status, cleaned.stdout]).toEqual([0, expect.stringContaining('deleted proof-left\n')]);
    expect(await adapter.admin.listTopics()).toEqual(['orders']);
    await adapter.close();
  });

  it('runs what harms only its own members, and a restart by the command of the owner', async () => {
    const { saslPlaintext = '', username = '', password = '' } = cluster.security ?? {};
    let restarts = 0;
    const owner = createServer((socket) => {
      restarts++;
      const [node] = cluster.nodes;
      void node
        ?.kill()
        .then(() => node.start())
        .then(() => socket.end());
    });
    await new Promise<void>((resolve) => owner.listen(0, '127.0.0.1', resolve));
    const address = owner.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const command = `node -e "require('net').connect(${port}).resume()"`;
    const url = `kafka://${username}:${password}@${saslPlaintext}`;
    const scenario = 'no-loss/the-broker-dies,groups/a-member-crashes,no-loss/connections-keep';
    const args = [bin, 'conformance', '--scenario', scenario, '--url', url, '--destructive', `restart=${command}`];
    const child = spawn('node', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await new Promise((resolve) => child.once('close', resolve));
    owner.close();
    expect(said).toMatch(/^2 passed, 0 failed, NOT RUN: no-loss\/connections-keep-breaking/);
    expect(restarts).toBe(1);
  });

  it('refuses a fault that nobody can make by a command', () => {
    const { status, stderr } = prove('--url', 'kafka://127.0.0.1:1', '--destructive', 'isolate=true');
    expect([status, stderr]).toEqual([2, expect.stringContaining('valid is restart=<command>')]);
  });
});
