import type { StoredEvent } from '@isostream/core/adapter';
import { describe, expect, it } from 'vitest';
import { Leases } from '../src/consume/leases.ts';

function event(position: string): StoredEvent {
  return { key: 'k', value: null, headers: [], partition: 'all', position, timestamp: 0 };
}

describe('Leases', () => {
  it('run out with the first of them', () => {
    const leases = new Leases();
    expect(leases.until).toBe(Infinity);
    leases.add(event('a'), '1', 100);
    leases.add(event('b'), '2', 50);
    leases.add(event('c'), '3', 200);
    expect(leases.until).toBe(50);
    leases.extended(leases.all, 300);
    expect(leases.until).toBe(300);
  });

  it('that came after an extension was sent keep their own end', () => {
    const leases = new Leases();
    leases.add(event('a'), '1', 100);
    const sent = leases.all;
    leases.add(event('b'), '2', 150);
    leases.extended(sent, 300);
    expect(leases.until).toBe(150);
  });

  it('that are gone hold nothing', () => {
    const leases = new Leases();
    leases.add(event('a'), '1', 100);
    expect(leases.remove(event('a'), '1')).toBe(true);
    expect(leases.until).toBe(Infinity);
    expect(leases.remove(event('a'), '1')).toBe(true);
  });

  it('of one event are one, and only its latest delivery settles it', () => {
    const leases = new Leases();
    expect(leases.add(event('a'), '1', 100)).toBe(true);
    expect(leases.add(event('a'), '2', 200)).toBe(false);
    expect(leases.size).toBe(1);
    expect(leases.remove(event('a'), '1')).toBe(false);
    expect(leases.remove(event('a'), '2')).toBe(true);
  });
});
