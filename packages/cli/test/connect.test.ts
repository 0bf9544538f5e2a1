import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';

const bin = new URL('../bin/isostream.js', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'isostream-connect-cli-'));

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

function connect(...args: readonly string[]) {
  const { ISOSTREAM_URL: _url, ISOSTREAM_PROVIDER: _provider, ...env } = process.env;
  return spawnSync('node', [bin, 'connect', ...args], { encoding: 'utf8', env });
}

describe('isostream connect', () => {
  const worker = write(
    'worker.properties',
    'isostream.url=memory:\nkey.converter=StringConverter\nvalue.converter=StringConverter\n',
  );
  const sink = 'name=rides\nconnector.class=LoggerSink\ntopics=rides\n';

  it('check names what has no effect, and runs nothing', () => {
    const { status, stderr } = connect('check', worker, write('typo.properties', `${sink}task.max=2\n`));
    expect(stderr).toMatch(/warning .*typo\.properties: task\.max .*did you mean tasks\.max\?/);
    expect(stderr).toContain('rides: no errors');
    expect(status).toBe(0);
  });

  it('run ends at once with everything that is wrong in the files', () => {
    const { status, stderr } = connect(
      'run',
      worker,
      write('broken.properties', sink.replace('LoggerSink', 'LogerSink')),
    );
    expect(stderr).toMatch(/broken\.properties: connector\.class .*did you mean LoggerSink\?/);
    expect(status).toBe(2);
  });

  it('run connects to the service of the worker file, and says which topic is missing', () => {
    const { status, stderr } = connect('run', worker, write('sink.properties', sink));
    expect(stderr).toContain('rides reads rides of topics, and the service does not have it');
    expect(status).toBe(4);
  });

  it('run goes to Kafka at bootstrap.servers where no address is set', () => {
    const kafka = write(
      'kafka.properties',
      'bootstrap.servers=127.0.0.1:1\nkey.converter=StringConverter\nvalue.converter=StringConverter\n',
    );
    const { status, stderr } = connect('run', kafka, write('sink.properties', sink));
    expect(stderr).toMatch(/error kafka: .*127\.0\.0\.1:1/);
    expect(status).toBe(1);
  });

  it('run moves a file into a topic until it is interrupted, and stores how far it was read', async () => {
    const offsets = join(folder, 'connect.offsets');
    const storing = write(
      'storing.properties',
      `${readFileSync(worker, 'utf8')}offset.storage.file.filename=${offsets}\noffset.flush.interval.ms=20\n`,
    );
    const creation = 'topic.creation.default.partitions=1\ntopic.creation.default.replication.factor=-1\n';
    const source = write(
      'source.properties',
      `name=lines\nconnector.class=FileStreamSource\nfile=${write('in.txt', 'one\n')}\ntopic=lines\n${creation}`,
    );
    const run = spawn('node', [bin, 'connect', 'run', storing, source], { stdio: 'inherit' });
    await vi.waitFor(() => expect(readFileSync(offsets, 'utf8')).toContain('"position":4'), 30_000);
    run.kill('SIGTERM');
    expect(await once(run, 'exit')).toEqual([143, null]);
  });
});
