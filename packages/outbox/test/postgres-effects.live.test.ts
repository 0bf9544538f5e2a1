import { createStreams, type StreamEvent } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Effects, idempotent, type PostgresClient, postgresEffects } from '../src/index.ts';
import { context, gate } from './support/context.ts';
import { orders, placed } from './support/orders.ts';
import { usePostgres } from './support/postgres.ts';

const server = usePostgres(20);

beforeAll(async () => {
  await postgresEffects(server.pool).ensure();
  await server.pool.query('create table bills (id text not null, at bigint generated always as identity)');
});
beforeEach(async () => {
  await server.pool.query('truncate bills, isostream_handled, isostream_fences');
});

const bill = async (client: PostgresClient, id: string): Promise<void> => {
  await client.query('insert into bills (id) values ($1)', [id]);
};
const bills = async (): Promise<string[]> =>
  (await server.pool.query<{ id: string }>('select id from bills order by at')).rows.map(({ id }) => id);

interface Version {
  readonly name: string;
  effects(): Effects<PostgresClient>;
}
const right: Version = { name: 'the right version', effects: () => postgresEffects(server.pool, { idleTimeout: 500 }) };
const wrong = {
  runsAll: {
    name: 'runs every delivery',
    effects: () => ({
      once: async (_occasion, work) => {
        await work(server.pool);
        return 'done' as const;
      },
    }),
  },
  ownTransaction: {
    name: 'writes effects beside the transaction',
    effects: () => {
      const effects = right.effects();
      return { once: (occasion, work) => effects.once(occasion, () => work(server.pool)) };
    },
  },
  noFence: {
    name: 'lets former owners write',
    effects: () => {
      const effects = right.effects();
      return { once: (occasion, work) => effects.once({ ...occasion, token: undefined }, work) };
    },
  },
} satisfies Record<string, Version>;

/** Each delivery twice, and each first attempt fails after its effect. */
async function repeats(version: Version): Promise<string[]> {
  const adapter = createMemory();
  const streams = await createStreams({ adapter, topics: [orders], topology: 'ensure' });
  const ids = ['a', 'b', 'c'];
  await streams.producer(orders).sendBatch([...ids, ...ids].map((id) => ({ ...placed('k', 1), id })));
  const consumer = streams.consumer(orders, { group: 'billing', retry: { attempts: 3, backoff: { initial: 0 } } });
  const failed = new Set<string>();
  let settled = 0;
  const handler = idempotent(version.effects(), async ({ id }: StreamEvent, _context, tx) => {
    await bill(tx, id);
    if (!failed.has(id)) {
      failed.add(id);
      throw new Error('after the effect');
    }
  });
  await consumer.run(async (event, given) => {
    await handler(event, given);
    if (++settled === 6) void consumer.close();
  });
  await streams.close();
  return bills();
}

describe('an effect happens once', () => {
  it('though its event is sent twice, and its handler fails after it', async () => {
    expect(await repeats(right)).toEqual(['a', 'b', 'c']);
  });

  it.each([wrong.runsAll, wrong.ownTransaction])('seen: $name', async (version) => {
    expect(await repeats(version)).not.toEqual(['a', 'b', 'c']);
  });
});

it('is refused where the handler caught the error of a statement: PostgreSQL rolled everything back', async () => {
  const handler = idempotent(right.effects(), async ({ id }: { readonly id: string }, _context, tx) => {
    await bill(tx, id);
    await tx.query('insert into no_such_table values (1)').catch(() => undefined);
  });
  await expect(handler({ id: 'a' }, context('1'))).rejects.toMatchObject({
    code: 'handler-failed',
    message: expect.stringContaining('savepoint'),
  });
  expect(await bills()).toEqual([]);
});

/** A former owner is in the middle of an event when the next one comes, and goes on to another event after it. */
async function zombie(version: Version): Promise<string[]> {
  const [inside, goOn] = [gate(), gate()];
  // Two processes.
  const [former, next] = [version.effects(), version.effects()];
  const end = new AbortController();
  const late = idempotent(former, async ({ id }: { readonly id: string }, _context, tx) => {
    await bill(tx, id);
    inside.open();
    await goOn.reached;
  });
  const first = late({ id: 'a' }, context('1', end.signal));
  await inside.reached;
  const owner = idempotent(next, ({ id }: { readonly id: string }, _context, tx) => bill(tx, id));
  const owning = ['a', 'b'].reduce(
    (before, id) => before.then(async () => void (await owner({ id }, context('2')))),
    Promise.resolve(),
  );
  goOn.open();
  await first;
  await owning;
  // It learns in the end that it lost its partition.
  const after = late({ id: 'c' }, context('1', end.signal));
  end.abort();
  await Promise.allSettled([after]);
  await owner({ id: 'c' }, context('2'));
  return bills();
}

it('a group that moved to a service with lower tokens goes on, and what is done stays done', async () => {
  const effects = postgresEffects(server.pool, { idleTimeout: 500 });
  const handler = idempotent(effects, ({ id }: { readonly id: string }, _context, tx) => bill(tx, id));
  await handler({ id: 'a' }, context('40'));
  await effects.forgetOwners('billing');
  for (const id of ['a', 'b']) await handler({ id }, context('1'));
  expect(await bills()).toEqual(['a', 'b']);
});

describe('a former owner', () => {
  it('finishes what it had begun, once, and does nothing after that', async () => {
    expect(await zombie(right)).toEqual(['a', 'b', 'c']);
    const { rows } = await server.pool.query(`select token from isostream_fences`);
    expect(rows).toEqual([{ token: '2' }]);
  });

  it('is told that its partition has another owner', async () => {
    const effects = right.effects();
    const handler = idempotent(effects, ({ id }: { readonly id: string }, _context, tx) => bill(tx, id));
    await handler({ id: 'a' }, context('2'));
    const end = new AbortController();
    const late = handler({ id: 'b' }, context('1', end.signal));
    end.abort();
    await expect(late).rejects.toMatchObject({ code: 'lease-lost' });
    expect(await bills()).toEqual(['a']);
  });

  it('would write without a fence', async () => {
    const handler = idempotent(wrong.noFence.effects(), ({ id }: { readonly id: string }, _context, tx) =>
      bill(tx, id),
    );
    await handler({ id: 'a' }, context('2'));
    await handler({ id: 'b' }, context('1'));
    expect(await bills()).toEqual(['a', 'b']);
  });

  it('that froze in a transaction holds the next one up no longer than idleTimeout', async () => {
    const inside = gate();
    const frozen = idempotent(right.effects(), async ({ id }: { readonly id: string }, _context, tx) => {
      await bill(tx, id);
      inside.open();
      await over.reached;
    });
    const over = gate();
    const first = Promise.resolve(frozen({ id: 'a' }, context('1'))).catch(String);
    await inside.reached;
    const owner = idempotent(right.effects(), ({ id }: { readonly id: string }, _context, tx) => bill(tx, id));
    await owner({ id: 'a' }, context('2'));
    expect(await bills()).toEqual(['a']);
    over.open();
    expect(await first).toMatch(/connection|terminat/i);
    expect(await bills()).toEqual(['a']);
  });
});

describe('what is remembered', () => {
  it('can be forgotten by age and by group', async () => {
    const effects = postgresEffects(server.pool);
    const handler = idempotent(effects, ({ id }: { readonly id: string }, _context, tx) => bill(tx, id));
    await handler({ id: 'a' }, context('5'));
    expect(await effects.forget('1h')).toBe(0);
    expect(await effects.forget(0)).toBe(1);
    await effects.forgetGroup('billing');
    await handler({ id: 'a' }, context('1'));
    expect(await bills()).toEqual(['a', 'a']);
  });

  it('belongs to a group, which a replay has not', async () => {
    const handler = idempotent(postgresEffects(server.pool), () => undefined);
    await expect(handler({ id: 'a' }, { ...context('1'), group: undefined })).rejects.toMatchObject({
      code: 'unsupported',
    });
  });
});
