import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const bin = new URL('../bin/isostream.js', import.meta.url).pathname;
const file = join(mkdtempSync(join(tmpdir(), 'isostream-secured-')), 'isostream.json');
let cluster: KafkaCluster;

beforeAll(async () => {
  cluster = await startKafka({ mode: 'native', secured: true });
}, 120_000);

afterAll(async () => {
  await cluster.stop();
});

function prove(...args: readonly string[]) {
  return spawnSync('node', [bin, 'conformance', '--scenario', 'no-loss/all-is,fidelity/bytes', ...args], {
    encoding: 'utf8',
  });
}

describe('conformance on a cluster with TLS and SASL', { timeout: 120_000 }, () => {
  it('takes user and password in the address, and options of TLS in a file', () => {
    const { saslSsl = '', ca = '', username = '', password = '' } = cluster.security ?? {};
    writeFileSync(file, JSON.stringify({ kafka: { ssl: { ca } } }));
    const url = `kafka://${username}:${password}@${saslSsl}?sasl=scram-sha-256`;
    const { status, stdout, stderr } = prove('--url', url, '--config', file);
    expect([status, stdout, stderr]).toEqual([
      0,
      '2 passed, 0 failed\n',
      expect.stringContaining(`kafka://***@${saslSsl}`),
    ]);
    expect(stderr).not.toContain(password);
  });

  it('fails with a wrong password, which nobody reads', () => {
    const { saslPlaintext = '', username = '' } = cluster.security ?? {};
    const { status, stdout, stderr } = prove('--url', `kafka://${username}:hunter2@${saslPlaintext}`);
    expect([status, stdout]).toEqual([1, '0 passed, 2 failed\n']);
    expect(stderr).not.toMatch(/hunter2/);
  });
});
