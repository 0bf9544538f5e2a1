import { DiagnosticSeverity, Parser } from '@asyncapi/parser';
import { defineTopic, plain } from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asyncApiOf } from '../src/contracts/index.ts';

const app = { title: 'Orders', version: '1.2.0' };
const category: z.ZodType = z.object({
  name: z.string(),
  get children() {
    return z.array(category);
  },
});
const orders = defineTopic('orders', {
  events: {
    'order.placed': z.object({ orderId: z.string(), total: z.number(), note: z.string().nullable().optional() }),
    'order/cancelled v2': z.object({ orderId: z.string(), why: z.enum(['late', 'broken']) }),
  },
  key: ({ data }) => data?.orderId ?? '',
  tombstones: true,
  ...{ partitions: 4, retention: '7d', compaction: true },
});
const catalogue = defineTopic('catalogue', {
  events: { changed: z.object({ root: category, pair: z.tuple([z.string(), z.number()]) }) },
  key: null,
  format: plain({ type: { header: 'kind' } }),
});
const bytes = defineTopic('bytes', { raw: true });
const topics = [orders, catalogue, bytes];

const parser = new Parser();

/** What the parser of AsyncAPI made of a document, and what it has against it. */
async function parsed(document: object) {
  const { document: read, diagnostics } = await parser.parse(JSON.stringify(document));
  const errors = diagnostics.filter(({ severity }) => String(severity) === String(DiagnosticSeverity.Error));
  return { read, errors: errors.map(({ message, path }) => `${path.join('.')}: ${message}`) };
}

describe('an AsyncAPI document', () => {
  it('is taken by its own parser, with a channel for each topic and a message with its schema for each type', async () => {
    const document = asyncApiOf(topics, { ...app, sends: ['orders', 'bytes'], receives: ['orders', 'catalogue'] });
    const { read, errors } = await parsed(document);
    expect(errors).toEqual([]);
    const channels = read?.channels().all() ?? [];
    expect(channels.map((channel) => channel.address() ?? '').toSorted()).toEqual(['bytes', 'catalogue', 'orders']);
    const channel = channels.find((each) => each.address() === 'orders');
    const messages = channel?.messages().all() ?? [];
    expect(messages.map((message) => message.name() ?? '').toSorted()).toEqual([
      'order.placed',
      'order/cancelled v2',
      'tombstone',
    ]);
    const payload = messages.find((message) => message.name() === 'order.placed')?.payload();
    expect(payload?.required()).toEqual(['orderId', 'total']);
    const operations = read?.operations().all() ?? [];
    expect(operations.map((each) => `${each.action()} ${each.messages().all().length}`)).toEqual([
      'send 3',
      'send 1',
      'receive 3',
      'receive 1',
    ]);
    // The parser does find what is wrong.
    expect((await parsed({ ...document, channels: {} })).errors).not.toEqual([]);
  });

  it('moves what a recursive schema refers to', () => {
    const { components } = asyncApiOf([catalogue], app);
    const text = JSON.stringify(components.schemas);
    const refs = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref);
    expect(refs.length).toBeGreaterThan(0);
    for (const ref of refs) expect(Object.keys(components.schemas)).toContain(ref.replace('#/components/schemas/', ''));
  });

  it('tells the settings of a topic', () => {
    expect(asyncApiOf([orders], app).channels['orders']).toMatchObject({
      'x-isostream': { partitions: 4, retentionMs: 604_800_000, compaction: true, tombstones: true },
    });
  });

  it('refuses an operation on a topic that is not there', () => {
    expect(() => asyncApiOf(topics, { ...app, sends: ['order'] })).toThrow(
      expect.objectContaining({ code: 'invalid-config', message: expect.stringContaining('"order"') }),
    );
  });
});
