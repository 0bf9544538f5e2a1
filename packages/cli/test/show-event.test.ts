import { describe, expect, it } from 'vitest';
import { toJson, toLine } from '../src/show-event.ts';

const event = {
  key: 'o-1',
  value: Buffer.from('{"total":9}'),
  headers: [['ce_type', Buffer.from('order.placed')]] as const,
  time: new Date(0),
};
/** A context has more than a place, and none of it is to be printed. */
const context = { partition: '3', position: '42', signal: AbortSignal.abort() };

describe('an event as it is printed', () => {
  it('is one JSON object with text where bytes are text', () => {
    expect(toJson(event, context)).toEqual({
      partition: '3',
      position: '42',
      time: '1970-01-01T00:00:00.000Z',
      key: 'o-1',
      headers: { ce_type: 'order.placed' },
      value: '{"total":9}',
    });
  });

  it('shows other bytes as base64, and tombstones as null', () => {
    expect(toJson({ ...event, value: Buffer.from([0xff]) }, context)['value']).toEqual({ base64: '/w==' });
    expect(toJson({ ...event, value: null }, context)['value']).toBeNull();
  });

  it('is one line for people', () => {
    expect(toLine(event, context)).toBe('1970-01-01T00:00:00.000Z  3/42  o-1  order.placed  {"total":9}');
  });
});
