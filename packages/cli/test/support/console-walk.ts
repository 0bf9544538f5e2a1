import { startConsole } from '@isostream/console';
import { connect, defineTopic, NonRetryableError } from 'isostream';
import { expect } from 'vitest';
import { z } from 'zod';

const orders = defineTopic('console-orders', {
  events: { 'order.placed': z.object({ orderId: z.string(), text: z.string() }) },
  key: ({ data }) => data.orderId,
  partitions: 2,
});

const eventView = z.object({ partition: z.string(), position: z.string(), payload: z.object({ text: z.string() }) });
const lettersView = z.object({
  total: z.number(),
  letters: z.array(z.object({ id: z.string(), message: z.string() })),
});
const planView = z.object({ plan: z.object({ id: z.string(), sentence: z.string() }) });
const groupView = z.object({
  group: z.object({
    events: z.number().nullable(),
    oldestMs: z.number().nullable(),
    members: z.array(z.unknown()).nullable(),
    unknown: z.object({ lag: z.string().optional(), members: z.string().optional() }),
  }),
});

/** Opens a console on a service with events, a group and its letters, asks for what each page shows, and sends a letter back. */
export async function walkConsole(url: string, look?: (address: string) => Promise<void>): Promise<void> {
  await using streams = await connect({ url, topics: [orders] });
  const { name, capabilities } = streams.adapter;
  const producer = streams.producer(orders);
  for (let n = 0; n < 4; n++)
    await producer.send({ type: 'order.placed', data: { orderId: `o-${n}`, text: `<b>☺ ${n}` } });
  let isBroken = true;
  const handled: string[] = [];
  const consumer = streams.consumer(orders, { group: 'billing', from: 'earliest' });
  const running = consumer.run(({ data }) => {
    if (isBroken && data.orderId !== 'o-0') throw new NonRetryableError(`card of ${data.orderId} declined`);
    handled.push(data.orderId);
  });
  await using page = await startConsole({ streams, everyMs: 100, allowChanges: true, audit: () => undefined });
  const { origin, hash } = new URL(page.url);
  const headers = { authorization: `Bearer ${hash.slice('#token='.length)}`, 'content-type': 'application/json' };
  const ask = async (path: string, body?: object): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${origin}/api/${path}`, {
      headers,
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };
  const read = async <T>(view: z.ZodType<T>, path: string, body?: object): Promise<T> =>
    view.parse(JSON.parse((await ask(path, body)).text));
  const of = 'topic=console-orders&group=billing';
  const letters = (): Promise<z.infer<typeof lettersView>> => read(lettersView, `letters?${of}`);
  const until = async <T>(asked: () => Promise<T>, isSo: (value: T) => boolean): Promise<T> => {
    for (;;) {
      const value = await asked();
      if (isSo(value)) return value;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  const { lag, members, resetGroup } = capabilities;
  expect(JSON.parse((await ask('about')).text)).toMatchObject({
    provider: name,
    capabilities: { lag, members, resetGroup, replay: true },
  });
  const found = await until(letters, ({ total }) => total === 3);
  expect(found.letters.map(({ message }) => message)).toContainEqual(expect.stringContaining('card of o-1 declined'));
  const overview = await until(
    () => ask('overview'),
    ({ text }) => text.includes('"group":"billing"') && text.includes('"total":3'),
  );
  expect(JSON.parse(overview.text)).toMatchObject({ problem: null, problems: [] });
  expect((await ask('topic?topic=console-orders')).text).toContain('"billing"');
  expect((await ask('topic?topic=nobody')).status).toBe(404);

  // What a provider cannot tell is not a number, and comes with a reason.
  const { group } = await until(
    () => read(groupView, `group?${of}`),
    ({ group: { events, unknown } }) => !lag.events || (events === 0 && unknown.lag === undefined),
  );
  if (!lag.events) expect(group.events).toBeNull();
  if (!lag.events && !lag.time) expect(group.unknown.lag).toContain(lag.elsewhere?.split(':')[0] ?? name);
  if (members) expect(group.members).toHaveLength(1);
  else expect([group.members, group.unknown.members]).toEqual([null, expect.stringMatching(/\w+ .*\w/)]);

  const lines = (await ask(`events?topic=console-orders&from=earliest`)).text.trim().split('\n');
  const events = lines.flatMap((line) => {
    const event: unknown = Reflect.get(Object(JSON.parse(line)), 'event');
    return event === undefined ? [] : [eventView.parse(event)];
  });
  expect(events).toHaveLength(4);
  for (const { partition, position, payload } of events) {
    const place = new URLSearchParams({ topic: orders.name, partition, position });
    expect((await read(eventView, `event?${place.toString()}`)).payload.text).toBe(payload.text);
  }
  const [letter] = found.letters;
  if (letter === undefined) throw new Error('no letter');
  const one = new URLSearchParams({ topic: orders.name, group: 'billing', id: letter.id });
  expect((await ask(`letter?${one.toString()}`)).text).toContain(letter.message.split('\n')[0] ?? '');

  const act = { topic: orders.name, group: 'billing' };
  const reset = await ask('plan', { act: 'reset', ...act, to: 'earliest' });
  expect([reset.status, reset.text]).toEqual([resetGroup ? 200 : 422, expect.stringMatching(/\w+ .*\w/)]);
  const gone = await read(planView, 'plan', { act: 'delete-group', ...act });
  expect(gone.plan.sentence).toContain(capabilities.settlement === 'individual' ? 'wait for it' : 'its position');
  const run = async (body: object, confirm?: string): Promise<void> => {
    const { plan } = await read(planView, 'plan', { ...act, ...body });
    const job = await ask('run', { plan: plan.id, ...(confirm === undefined ? {} : { confirm }) });
    expect([job.status, job.text]).toEqual([200, expect.any(String)]);
    await until(
      () => ask('jobs'),
      ({ text }) => !text.includes('"running"'),
    );
  };
  await look?.(page.url);
  isBroken = false;
  const other = found.letters[1];
  await run({ act: 'discard', ids: [other?.id] }, 'billing');
  await run({ act: 'redrive', ids: [letter.id] });
  await until(letters, ({ total }) => total === 1);
  await until(
    async () => handled,
    (all) => all.length === 2,
  );
  await consumer.close();
  await running;
}
