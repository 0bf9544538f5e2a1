import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it } from 'vitest';
import { StreamError } from '../src/errors/stream-error.ts';
import { observe } from '../src/observe/channels.ts';
import { Log, type Logger } from '../src/observe/logger.ts';
import { createStreams } from '../src/streams/streams.ts';
import { ManualClock } from './support/manual-clock.ts';
import { ScriptedAdmin, scriptedAdapter } from './support/scripted-admin.ts';

type Line = readonly [level: string, message: string, fields: Readonly<Record<string, unknown>>];

function recorder(lines: Line[]): Logger {
  const at =
    (level: string): Logger['info'] =>
    (fields, message) =>
      void lines.push([level, message, fields]);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function answering(answer: () => unknown): Logger {
  return { debug: answer, info: answer, warn: answer, error: answer };
}

async function warningsOf(work: () => Promise<void> | void): Promise<readonly string[]> {
  const warnings: string[] = [];
  const listen = (warning: Error): void => void warnings.push(`${warning.name}: ${warning.message}`);
  process.on('warning', listen);
  try {
    await work();
    await new Promise(setImmediate);
  } finally {
    process.off('warning', listen);
  }
  return warnings.filter((text) => text.startsWith('IsostreamWarning'));
}

const adapter = {
  ...scriptedAdapter(new ScriptedAdmin()),
  connect: async () => undefined,
  close: async () => undefined,
};

it('a line that repeats is written at once, then less and less often, with its count', async () => {
  const lines: Line[] = [];
  const clock = new ManualClock();
  const log = new Log(recorder(lines), clock);
  for (let at = 0; at < 40; at++) {
    log.write('warn', 'again', { at });
    await clock.advance(100);
  }
  log.write('warn', 'another', {});
  expect(lines.map(([, message, { at, count }]) => [message, at, count])).toEqual([
    ['again', 0, undefined],
    ['again', 10, 10],
    ['again', 30, 20],
    ['another', undefined, undefined],
  ]);
});

it('lines that are about something else are not held back', () => {
  const lines: Line[] = [];
  const log = new Log(recorder(lines), new ManualClock());
  for (const about of ['orders', 'payments', 'orders']) log.write('error', 'failed', { about }, about);
  expect(lines.map(([, , { about }]) => about)).toEqual(['orders', 'payments']);
});

it('a logger that throws is reported once, and is called on', async () => {
  let calls = 0;
  const log = new Log(
    answering(() => {
      calls++;
      throw new Error('disk full');
    }),
    new ManualClock(),
  );
  const warnings = await warningsOf(() => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log.write(level, 'said', {});
  });
  expect(calls).toBe(4);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('the logger threw');
});

it('a logger whose promises reject is reported once', async () => {
  const log = new Log(
    answering(() => Promise.reject(new Error('no network'))),
    new ManualClock(),
  );
  const warnings = await warningsOf(() => {
    for (const message of ['one', 'two']) log.write('info', message, {});
  });
  expect(warnings).toHaveLength(1);
});

it('a logger whose promises do not resolve gets a bounded number of lines, and is reported once', async () => {
  const open: (() => void)[] = [];
  let calls = 0;
  const log = new Log(
    answering(() => {
      calls++;
      return new Promise<void>((resolve) => open.push(resolve));
    }),
    new ManualClock(),
  );
  const warnings = await warningsOf(() => {
    for (let at = 0; at < 300; at++) log.write('info', `line ${at}`, {});
  });
  expect(calls).toBe(100);
  expect(warnings).toEqual([expect.stringContaining('the logger has not finished 100 lines')]);
  for (const resolve of open) resolve();
  await new Promise(setImmediate);
  log.write('info', 'after', {});
  expect(calls).toBe(101);
});

it('a client writes when it connects, loses its service and closes, and is silent without a logger', async () => {
  const lines: Line[] = [];
  const admin = new ScriptedAdmin();
  const clock = new ManualClock();
  const withAdmin = { ...adapter, admin };
  const streams = await createStreams({ adapter: withAdmin, topics: [], clock, logger: recorder(lines) });
  admin.listTopics = () => Promise.reject(new StreamError('unavailable', 'no broker answers', { where: 'scripted' }));
  await streams.health();
  await streams.close();
  expect(lines.map(([level, message, { code }]) => [level, message, code])).toEqual([
    ['info', 'connected', undefined],
    ['warn', 'the service is unreachable', 'unavailable'],
    ['info', 'the client is closed', undefined],
  ]);
  observe('adapter:warning').publish({ adapter: adapter.name, message: 'later', count: 1, since: new Date() });
  expect(lines).toHaveLength(3);
});

it.each([
  ['unavailable', 'unreachable', 'warn', 'the service is unreachable'],
  ['unauthenticated', 'unreachable', 'warn', 'the service is unreachable'],
  ['unauthorized', 'closed', 'error', 'the client could not be opened'],
  ['unsupported', 'closed', 'error', 'the client could not be opened'],
] as const)(
  'a client that cannot be opened for %s is told to be %s, with the reason',
  async (code, state, level, text) => {
    const lines: Line[] = [];
    const told: unknown[] = [];
    const listen = (message: unknown): void => void told.push(message);
    subscribe('isostream:client:state', listen);
    const error = new StreamError(code, 'no', { where: 'scripted' });
    const refusing = { ...adapter, connect: () => Promise.reject(error) };
    const options = { adapter: refusing, topics: [], connectTimeout: 1, clock: new ManualClock() };
    try {
      const opening = createStreams({ ...options, logger: recorder(lines) });
      await Promise.all([expect(opening).rejects.toMatchObject({ code }), options.clock.advance(1_000)]);
    } finally {
      unsubscribe('isostream:client:state', listen);
    }
    expect(told).toMatchObject([{ state, error: { code } }]);
    expect(lines.at(-1)).toMatchObject([level, text, { code }]);
  },
);

it('a logger without a level is refused', async () => {
  // @ts-expect-error error is missing
  const streams = createStreams({ adapter, topics: [], logger: { debug: () => 1, info: () => 1, warn: () => 1 } });
  await expect(streams).rejects.toMatchObject({ code: 'invalid-config', message: expect.stringContaining('logger') });
});
