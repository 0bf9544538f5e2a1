import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAdapter } from '@isostream/core/adapter';
import { createKinesis } from '@isostream/kinesis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, ended } from './support/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'isostream-by-url-'));
/** One of each kind that a team would look at first: nothing lost, order, members of their own, bytes. */
const several = ['no-loss/all-is', 'fidelity/bytes', 'key-order/a-failed-event', 'groups/a-member-joins'].join();
/** Whatever credentials there are on this machine are not for these tests. */
const { AWS_PROFILE: _profile, AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, ...variables } = process.env;
const env = { ...variables, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' };
const nowhere = 'http://127.0.0.1:1';
let broker: ChildProcess;
let url: string;

beforeAll(async () => {
  broker = spawn('node', [...command, 'broker', 'start', 'kinesis'], { stdio: ['ignore', 'pipe', 'ignore'] });
  url = await new Promise<string>((resolve, reject) => {
    broker.stdout?.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()));
    broker.once('exit', (code) => reject(new Error(`broker start kinesis ended with ${code}`)));
  });
}, 120_000);

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  const end = ended(broker);
  broker.kill('SIGINT');
  await end;
});

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function conformance(...args: readonly string[]): Promise<Ran> {
  const child = spawn('node', [...command, 'conformance', ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, stdout, stderr };
}

/** The address with other parameters. */
function where(parameters: Readonly<Record<string, string>>): string {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(parameters)) changed.searchParams.set(name, value);
  return changed.href;
}

describe('conformance at an address of Kinesis, on a broker that the command started', { timeout: 180_000 }, () => {
  it.concurrent('passes, and the report marks an address that is not of AWS as an emulator', async () => {
    const report = join(folder, 'report.json');
    const { status, stdout, stderr } = await conformance('--url', url, '--scenario', several, '--json', report);
    expect([status, stdout, stderr]).toEqual([0, '4 passed, 0 failed\n', expect.stringContaining('kinesis://***@')]);
    expect(stderr).toContain('all names begin with isostream-conformance-');
    expect(stderr).not.toContain('cost: ');
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ provider: 'kinesis', emulator: true, notRun: [] });
  });

  it.concurrent('stops before the first scenario with one line, which says what cannot be reached or is missing', async () => {
    const without = new URL(url);
    [without.username, without.password] = ['', ''];
    const { searchParams } = without;
    const tls = { endpoint: String(searchParams.get('endpoint')).replace('http:', 'https:') };
    const runs = [where({ endpoint: nowhere }), where({ dynamoEndpoint: nowhere }), without.href, where(tls)];
    const [streams, leases, credentials, plain] = await Promise.all(
      runs.map((each) => conformance('--url', each, '--scenario', several)),
    );
    for (const ran of [streams, leases, credentials, plain]) {
      expect([ran?.status, ran?.stdout]).toEqual([1, '']);
      const [, error, ...more] = ran?.stderr.trimEnd().split('\n') ?? [];
      expect([error?.startsWith('error '), more]).toEqual([true, []]);
    }
    expect(streams?.stderr).toMatch(/preflight: cannot connect: .*ECONNREFUSED 127\.0\.0\.1:1\b/);
    expect(leases?.stderr).toMatch(
      /preflight: cannot read it in a group: .*lease table ".*ECONNREFUSED 127\.0\.0\.1:1\b/,
    );
    // OpenSSL ends what it says with a line of its own.
    expect(plain?.stderr).toMatch(/preflight: cannot connect: .*wrong version number.*Check the endpoint/);
    expect(credentials?.stderr).toMatch(/preflight: cannot connect: .*No credentials were found/);
  });

  it.concurrent('clean-up deletes the streams and lease tables that a killed run left, and nothing else', async () => {
    const { username: accessKeyId, password: secretAccessKey, hostname: region, searchParams } = new URL(url);
    const [endpoint = '', dynamoEndpoint = ''] = ['endpoint', 'dynamoEndpoint'].map(
      (name) => searchParams.get(name) ?? '',
    );
    const credentials = { accessKeyId, secretAccessKey };
    const adapter = openAdapter(createKinesis({ region, endpoint, dynamoEndpoint, credentials }));
    const { admin } = adapter;
    await admin.createTopic('orders', { partitions: 1 });
    const args = ['conformance', '--scenario', 'no-loss/all-is', '--prefix', 'proof-', '--url', url];
    const running = spawn('node', [...command, ...args], { stdio: 'ignore', env });
    const end = ended(running);
    let left: string | undefined;
    const hasGroup = async (topic: string): Promise<boolean> => (await admin.listGroups(topic)).length > 0;
    while (left === undefined) {
      const [made] = (await admin.listTopics()).filter((name) => name.startsWith('proof-c'));
      left = made !== undefined && (await hasGroup(made)) ? made : undefined;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    running.kill('SIGKILL');
    await end;
    const cleaned = await conformance('clean-up', '--prefix', 'proof-', '--url', url);
    expect([cleaned.status, cleaned.stdout]).toEqual([0, expect.stringContaining(`deleted ${left}\n`)]);
    expect((await admin.listTopics()).filter((name) => name === 'orders' || name.startsWith('proof-'))).toEqual([
      'orders',
    ]);
    // A table would be found as soon as there is a stream of its name.
    await admin.createTopic(left, { partitions: 1 });
    expect(await hasGroup(left)).toBe(false);
    await adapter.close();
  });
});
