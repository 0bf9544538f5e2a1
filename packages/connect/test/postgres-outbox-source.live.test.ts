import { createStreams, defineTopic } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { createOutbox, postgresOutbox } from '@isostream/outbox';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { plan, worker } from './support/files.ts';
import { orders } from './support/outbox-topics.ts';
import { runUntil } from './support/run.ts';
import { usePostgres } from '../../outbox/test/support/postgres.ts';

const postgres = usePostgres();

const module = fileURLToPath(new URL('support/outbox-topics.ts', import.meta.url));

function files(more = ''): ReturnType<typeof plan> {
  return plan(worker, [
    `name=outbox\nconnector.class=PostgresOutboxSource\nconnection.url=${postgres.url}\ntopics.module=${module}\npoll.interval.ms=5\n${more}`,
  ]);
}

it('an outbox is relayed by a connector file: what was committed, each key in its order, once', async () => {
  const streams = await createStreams({ adapter: createMemory(), topics: [orders], topology: 'ensure' });
  const outbox = createOutbox({ store: postgresOutbox(postgres.pool), topics: [orders] });
  await outbox.ensure();
  const seen: string[] = [];
  for (const [from, to] of [
    [0, 3],
    [3, 5],
  ] as const) {
    for (let n = from; n < to; n++)
      await outbox.add(
        postgres.pool,
        orders,
        { type: 'placed', data: { order: 'a', n } },
        { type: 'placed', data: { order: 'b', n } },
      );
    await runUntil(await files(), streams, async () =>
      expect(await outbox.backlog()).toEqual({ rows: 0, setAside: 0 }),
    );
  }
  await streams.replay(orders, { from: 'earliest' }).run(({ key, data }) => void seen.push(`${key}${data.n}`));
  expect(seen.filter((each) => each.startsWith('a'))).toEqual(['a0', 'a1', 'a2', 'a3', 'a4']);
  expect(seen.filter((each) => each.startsWith('b'))).toEqual(['b0', 'b1', 'b2', 'b3', 'b4']);
  await streams.close();
});

it('a module without the topics that the file names ends the run', async () => {
  const streams = await createStreams({ adapter: createMemory(), topics: [defineTopic('x', { raw: true })] });
  const run = runUntil(await files('topics=rides\n'), streams, () => expect(1).toBe(2));
  await expect(run).rejects.toThrow(/exports no topic rides/);
  await streams.close();
});
