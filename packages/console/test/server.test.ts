import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { NonRetryableError } from '@isostream/core';
import { LagWatch } from '@isostream/operations';
import { afterEach, describe, expect, it } from 'vitest';
import { consoleActs, startConsole, type ConsoleOptions } from '../src/index.ts';
import { LetterCounts } from '../src/letter-counts.ts';
import { routes } from '../src/routes.ts';
import { type Demo, orders, startDemo } from './support/demo.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

interface Opened {
  readonly demo: Demo;
  readonly audit: readonly string[];
  readonly get: (path: string) => Promise<Response>;
  readonly post: (path: string, body: object) => Promise<Response>;
  readonly port: number;
}

async function open(options: Partial<ConsoleOptions> = {}): Promise<Opened> {
  const demo = await startDemo(4);
  const audit: string[] = [];
  const console = await startConsole({
    streams: demo.streams,
    everyMs: 50,
    audit: (line) => audit.push(line),
    ...options,
  });
  opened.push(demo, console);
  const { origin, hash, port } = new URL(console.url);
  const headers = { authorization: `Bearer ${hash.slice('#token='.length)}`, 'content-type': 'application/json' };
  return {
    demo,
    audit,
    port: Number(port),
    get: (path) => fetch(`${origin}/api/${path}`, { headers }),
    post: (path, body) => fetch(`${origin}/api/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }),
  };
}

async function until<T>(ask: () => Promise<T>, isSo: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (isSo(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const letters = 'letters?topic=orders&group=billing';
const read = async (response: Response): Promise<Record<string, unknown>> =>
  (await response.json()) as Record<string, unknown>;

it('answers odd paths, and goes on', async () => {
  const { port, get } = await open();
  for (const path of ['//', '//evil/api/about', '/%', '*']) {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request({ host: '127.0.0.1', port, path, method: 'GET' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect([path, status]).toEqual([path, expect.any(Number)]);
  }
  expect((await get('about')).status).toBe(200);
});

it('prints a command that does what the plan does, with how often a letter may have been sent back', async () => {
  const { post } = await open();
  const body = { act: 'redrive', topic: 'orders', group: 'billing', rate: 5 };
  expect(await read(await post('plan', body))).toMatchObject({
    plan: { command: 'isostream redrive orders --group billing --rate 5 --execute' },
  });
  expect(await read(await post('plan', { ...body, maxRedrives: 1_000_000 }))).toMatchObject({
    plan: { command: 'isostream redrive orders --group billing --rate 5 --max-redrives 1000000 --execute' },
  });
});

it('has the first letters before all of them are counted', async () => {
  const { get } = await open();
  const first = await read(await get(`${letters}&part=first&limit=2`));
  expect(first).toMatchObject({ letters: [{ group: 'billing' }, { group: 'billing' }], total: null, groups: [] });
  expect(await read(await get(`${letters}&limit=2`))).toMatchObject({ letters: first['letters'], total: 4 });
});

it('says on the overview what the page of the letters has just counted', async () => {
  const { get, demo } = await open();
  const counted = async (): Promise<unknown> => (await read(await get('overview')))['letters'];
  await until(counted, (found) => JSON.stringify(found).includes('"total":4'));
  const billing = demo.streams.consumer(orders, { group: 'billing' });
  const running = billing.run(() => {
    throw new NonRetryableError('declined again');
  });
  await until(
    async () => read(await get(`${letters}&key=nobody`)),
    ({ total }) => total === 0,
  );
  expect(await counted()).toMatchObject([{ total: 4 }]);
  await until(
    async () => read(await get(letters)),
    ({ total }) => total === 5,
  );
  expect(await counted()).toMatchObject([{ total: 5 }]);
  await billing.close();
  await running;
});

it('keeps what a page counted while a look went over groups that were known before', async () => {
  const demo = await startDemo(4);
  opened.push(demo);
  const { signal } = new AbortController();
  const overview = await new LagWatch(demo.streams).look({ signal });
  const groups = overview.groups.filter(({ group }) => group === 'audit');
  expect(groups).toHaveLength(1);
  const counts = new LetterCounts(demo.streams);
  const looking = counts.look({ ...overview, topics: null, groups }, signal);
  counts.counted('orders', 'billing', { total: 1, groups: [] }, Date.now());
  await looking;
  expect(counts.list).toMatchObject([{ group: 'billing', total: 1 }]);
});

describe('the console without --allow-changes', () => {
  const changing = Object.entries(routes).filter(([, { changes }]) => changes === true);

  it.each(changing.map(([path]) => path))('refuses what changes something: %s', async (path) => {
    const { post, audit } = await open();
    const answer = await post(path.slice('/api/'.length), { plan: 'x', job: 'x' });
    expect([answer.status, await answer.json()]).toEqual([403, { error: expect.stringContaining('read-only') }]);
    expect(audit.map((line) => JSON.parse(line) as unknown)).toEqual([expect.objectContaining({ state: 'refused' })]);
  });

  it.each(consoleActs)('shows the plan of %s, and changes nothing', async (act) => {
    const { post, get } = await open();
    const { letters: found } = await read(await get(letters));
    const [first] = found as readonly { readonly id: string }[];
    const body = { act, topic: 'orders', group: 'billing', to: 'latest', id: first?.id, type: 't', payload: '{}' };
    const answer = await post('plan', body);
    expect(answer.status).toBe(200);
    const { plan, isAllowed } = await read(answer);
    expect([isAllowed, plan]).toEqual([
      false,
      expect.objectContaining({ kind: act, sentence: expect.stringMatching(/\w/) }),
    ]);
    expect((await read(await get(letters)))['total']).toBe(4);
  });

  it('routes that only look are named here: a new one is off until somebody says what it is', () => {
    const looking = Object.keys(routes).filter((path) => routes[path]?.changes !== true);
    expect(looking.map((path) => path.slice('/api/'.length)).toSorted()).toEqual(
      [
        'about',
        'event',
        'events',
        'group',
        'jobs',
        'letter',
        'letters',
        'overview',
        'plan',
        'tail',
        'topic',
      ].toSorted(),
    );
  });
});

describe('the console with --allow-changes', () => {
  it('runs a plan once, says what came of it, and writes down who did what, without payloads', async () => {
    const { post, get, audit } = await open({ allowChanges: ['redrive'] });
    const { plan } = await read(await post('plan', { act: 'redrive', topic: 'orders', group: 'billing' }));
    const { id } = plan as { readonly id: string };
    expect((await post('run', { plan: id })).status).toBe(200);
    const [job] = await until(
      async () => (await (await get('jobs')).json()) as readonly { readonly state: string }[],
      ([first]) => first?.state !== 'running',
    );
    expect(job).toMatchObject({ state: 'done', result: { done: 4, of: 4 } });
    expect((await post('run', { plan: id })).status).toBe(409);
    expect((await read(await get(letters)))['total']).toBe(0);
    expect(audit.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ act: 'redrive', state: 'started' }),
      expect.objectContaining({ act: 'redrive', state: 'done' }),
      expect.objectContaining({ state: 'refused', why: expect.stringContaining('run already') }),
    ]);
    expect(audit.join()).not.toContain('orderId');
  });

  it('refuses an act that was not allowed by name, and a plan that is confirmed by another word', async () => {
    const { post } = await open({ allowChanges: ['discard'] });
    const planned = async (act: string) =>
      (await read(await post('plan', { act, topic: 'orders', group: 'billing' })))['plan'] as { readonly id: string };
    expect((await post('run', { plan: (await planned('redrive')).id })).status).toBe(403);
    const discard = await planned('discard');
    expect((await post('run', { plan: discard.id, confirm: 'biling' })).status).toBe(409);
    expect((await post('run', { plan: discard.id, confirm: 'billing' })).status).toBe(200);
  });

  it('knows no act that is not there', async () => {
    await expect(startConsole({ streams: (await open()).demo.streams, allowChanges: ['purge'] })).rejects.toThrow(
      /there is no change "purge"\. Valid: redrive, discard/,
    );
    const { post } = await open({ allowChanges: true });
    for (const act of ['purge', 'toString', '__proto__'])
      expect((await post('plan', { act, topic: 'orders', group: 'billing' })).status).toBe(404);
  });
});

describe('the console', () => {
  it('keeps its last figures while the service is away, and says so', async () => {
    const { demo, get } = await open();
    await until(
      async () => read(await get('overview')),
      ({ groups }) => groups !== null,
    );
    const back = demo.broker.goAway();
    const stale = await until(
      async () => read(await get('overview')),
      ({ stale: why }) => why !== null,
    );
    expect([stale['stale'], (stale['groups'] as readonly unknown[]).length]).toEqual([
      'memory: the broker is out of reach',
      3,
    ]);
    back();
    await until(
      async () => read(await get('overview')),
      ({ stale: why }) => why === null,
    );
  });

  it('follows a topic, and leaves no group when the page goes away', async () => {
    const { demo, get } = await open();
    const gone = new AbortController();
    const answer = await get('events?topic=payments&from=earliest&limit=1');
    expect((await answer.text()).split('\n')[0]).toContain('"id\\":12345678901234567890');
    const followed = await openTail(gone.signal, get);
    expect(followed).toContain('"ready":true');
    gone.abort();
    await until(
      () => demo.streams.admin.groups('payments'),
      (groups) => groups.length === 1,
    );
  });

  it('answers requests of other names with nothing but a refusal, files as well', async () => {
    const { port } = await open();
    for (const path of ['/', '/console.js', '/api/about']) {
      const { status, headers } = await raw(port, path, { host: 'evil.test' });
      expect([status, headers['access-control-allow-origin']]).toEqual([403, undefined]);
    }
  });
});

it.each(['/', '/console.js', '/nothing', '/api/about', '/api/nothing'])(
  'tells the browser to run, frame and keep nothing of others: %s',
  async (path) => {
    const { port } = await open();
    for (const host of [`127.0.0.1:${port}`, 'evil.test']) {
      const { headers } = await raw(port, path, { host });
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringMatching(
          /^default-src 'none'; script-src 'self'; (?!.*unsafe).*frame-ancestors 'none'; require-trusted-types-for 'script'$/,
        ),
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      });
      expect(Object.keys(headers).filter((name) => /^(access-control-|set-cookie)/.test(name))).toEqual([]);
    }
  },
);

it('reads no request that is larger than any event', async () => {
  const { post } = await open();
  const body = { act: 'send', topic: 'orders', type: 't', payload: JSON.stringify('x'.repeat(5 * 1_048_576)) };
  const status = await post('plan', body).then(
    (answer) => answer.status,
    () => 'cut off',
  );
  expect(status).not.toBe(200);
});

it('the page makes no HTML of texts', () => {
  const page = new URL('../page/', import.meta.url);
  const files = readdirSync(page).filter((name) => /\.(tsx?|html)$/.test(name));
  expect(files).toContain('main.tsx');
  const found = files.filter((name) =>
    /\b(innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|srcdoc|document\.write)\b/i.test(
      readFileSync(new URL(name, page), 'utf8'),
    ),
  );
  expect(found).toEqual([]);
});

/** The first line of a tail, which is told once its group is there. */
async function openTail(signal: AbortSignal, get: Opened['get']): Promise<string> {
  const answer = await get('tail?topic=payments');
  const reader = answer.body?.getReader();
  const first = await reader?.read();
  signal.addEventListener('abort', () => void reader?.cancel(), { once: true });
  return Buffer.from(first?.value ?? '').toString('utf8');
}

function raw(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number | undefined; headers: Readonly<Record<string, unknown>> }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode, headers: answer.headers });
    });
    asked.once('error', reject);
    asked.end();
  });
}
