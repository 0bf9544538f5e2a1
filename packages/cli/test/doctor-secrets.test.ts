import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventHubsOptions } from '@isostream/event-hubs';
import { kafkaOptions } from '@isostream/kafka';
import { kinesisOptions } from '@isostream/kinesis';
import { memoryOptions } from '@isostream/memory';
import { pubsubOptions } from '@isostream/pubsub';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { program } from '../src/program.ts';
import { command, ended } from './support/run.ts';

const options = {
  memory: memoryOptions,
  kafka: kafkaOptions,
  kinesis: kinesisOptions,
  pubsub: pubsubOptions,
  'event-hubs': eventHubsOptions,
};
const folder = mkdtempSync(join(tmpdir(), 'isostream-doctor-'));
const file = join(folder, 'isostream.json');

/** A secret begins, continues and ends with one of these, so that a part of it is recognised as well. */
const marks = ['Zq7x', 'Kw3y', 'Vj9z'];
const signs = '/?#%@:&=;,+ "\'\\`$'.split('');
const letters = [...signs, '\n', '\u0000', '\u001b[31m', 'é', '漢', '😀', '%zz', '&ssl=', '://', '"}'];
const filler = fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength: 4 }).map((each) => each.join(''));
const secret = fc.tuple(filler, filler).map(([one, two]) => `${marks[0]}${one}${marks[1]}${two}${marks[2]}`);

/** Where in a value a secret may be. */
const shapes: readonly ((text: string) => unknown)[] = [
  (text) => text,
  (text) => [text, 1],
  (text) => ({ [text]: text }),
  (text) => ({ password: text, key: [text], username: { [text]: 1 } }),
  (text) => [`alice:${text}@127.0.0.1:1`],
  (text) => `https://alice:${text}@127.0.0.1:1/?a=${text}`,
  (text) => `Endpoint=sb://127.0.0.1/;SharedAccessKeyName=n;SharedAccessKey=${text};${text}`,
  (text) => ({ mechanism: text, username: text, password: text }),
];

let shown = '';
beforeEach(() => {
  // Nothing else that doctor looks for is there, which is told at once.
  vi.stubEnv('PATH', folder);
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      shown += String(text);
      return true;
    });
});
afterEach(() => {
  process.exitCode = undefined;
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

async function doctor(...args: readonly string[]): Promise<string> {
  shown = '';
  await program().parseAsync(['node', 'isostream', 'doctor', ...args]);
  return shown;
}

const found = (text: string): readonly string[] => marks.filter((mark) => text.includes(mark));

describe('doctor shows no secret', { timeout: 120_000 }, () => {
  const form = fc.constantFrom<readonly string[]>([], ['--json']);

  it.each(Object.entries(options))('of any option of %s in a file', async (provider, declared) => {
    const shape = fc.constantFrom(...shapes);
    await fc.assert(
      fc.asyncProperty(secret, shape, form, fc.boolean(), async (text, make, args, isWhole) => {
        const values = Object.fromEntries(Object.keys(declared).map((option) => [option, make(text)]));
        // Refused before anybody is asked: for its unknown entries, or as JSON that ends too early.
        const content = JSON.stringify({ provider, [provider]: { ...values, [text]: 1, sals: text } });
        writeFileSync(file, isWhole ? content : content.slice(0, -3));
        const said = await doctor('--config', file, ...args);
        expect(found(said)).toEqual([]);
        expect(said).toMatch(isWhole ? /unknown option sals/ : /not valid JSON/);
      }),
      { numRuns: 12 },
    );
  });

  it.each(['kafka', 'kinesis', 'pubsub', 'eventhubs', 'memory', 'amqp'])('of an address of %s', async (scheme) => {
    await fc.assert(
      fc.asyncProperty(secret, form, fc.boolean(), async (text, args, isEncoded) => {
        const value = isEncoded ? encodeURIComponent(text) : text;
        const address = `${scheme}://alice:${value}@127.0.0.1:1?sals=${value}&${value}=1`;
        const said = await doctor('--url', address, ...args);
        expect(found(said)).toEqual([]);
        expect(said).toContain('provider');
      }),
      { numRuns: 12 },
    );
  });
});

it('doctor shows no secret of a service that does not answer', { timeout: 120_000 }, async () => {
  const text = `${marks[0]}/?#%@${marks[1]}:&"'é 漢${marks[2]}`;
  const value = encodeURIComponent(text);
  const key = Buffer.from(text).toString('base64');
  const addresses = [
    `kafka://alice:${value}@127.0.0.1:1?sasl=plain`,
    `kinesis://AKIA:${value}@eu-west-1?endpoint=http://127.0.0.1:1&dynamoEndpoint=http://127.0.0.1:1`,
    `eventhubs://Root:${encodeURIComponent(key)}@127.0.0.1:1?emulator=true`,
  ];
  const told = await Promise.all(addresses.map((address, index) => run(address, ...(index === 0 ? [] : ['--json']))));
  for (const { output, code } of told) {
    expect([...found(output), ...[key, value].filter((each) => output.includes(each))]).toEqual([]);
    expect([code, output]).toEqual([1, expect.stringContaining('127.0.0.1:1')]);
  }
});

async function run(address: string, ...args: readonly string[]): Promise<{ output: string; code: number | null }> {
  const env = { PATH: dirname(process.execPath), ISOSTREAM_URL: address };
  const child = spawn(process.execPath, [...command, 'doctor', ...args], {
    cwd: tmpdir(),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (each) => (output += String(each)));
  return { code: await ended(child), output };
}
