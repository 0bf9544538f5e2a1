import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('a subscriber that throws changes nothing for an event, does not end the process, and is reported once', () => {
  // A process of its own: an error that nobody handles fails the test that it happens in.
  const script = `
    import { subscribe } from 'node:diagnostics_channel';
    import { createStreams, defineTopic } from '@isostream/core';
    import { createMemory } from '@isostream/memory';
    const seen = [];
    process.on('warning', ({ detail }) => seen.push(/Error: (.*)/.exec(detail)[1]));
    const names = ['produce:batch', 'consume:assigned', 'consume:retry', 'consume:settled', 'consume:commit', 'consume:revoked'];
    for (const name of names) subscribe('isostream:' + name, () => { throw new Error(name); });
    subscribe('isostream:consume:attempt', async () => { throw new Error('later'); });
    const topic = defineTopic('orders', { raw: true, partitions: 1 });
    const streams = await createStreams({ adapter: createMemory(), topics: [topic] });
    await streams.producer(topic).sendBatch(['ok', 'retried', 'hopeless'].map((key) => ({ key, value: Buffer.from(key) })));
    const results = [];
    const consumer = streams.consumer(topic, { group: 'g', retry: { attempts: 2, backoff: { initial: 1, max: 1 } } });
    const running = consumer.run(({ key }, { attempt }) => {
      results.push(key + attempt);
      if (results.length === 5) setTimeout(() => consumer.close(), 20);
      if (key === 'hopeless' || (key === 'retried' && attempt === 1)) throw new Error('no');
    });
    await running;
    const letters = [];
    for await (const { key } of streams.deadLetters(topic, { group: 'g' })) letters.push(key);
    await streams.close();
    await new Promise((resolve) => setImmediate(resolve));
    console.log(JSON.stringify({ results: results.sort(), letters, seen: seen.sort() }));
  `;
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd,
    encoding: 'utf8',
    stdio: 'pipe',
  });
  expect(JSON.parse(text)).toEqual({
    results: ['hopeless1', 'hopeless2', 'ok1', 'retried1', 'retried2'],
    letters: ['hopeless'],
    seen: [
      'consume:assigned',
      'consume:commit',
      'consume:retry',
      'consume:revoked',
      'consume:settled',
      'later',
      'produce:batch',
    ],
  });
});
