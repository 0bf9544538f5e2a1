import { describe, expect, it } from 'vitest';
import { NearestReplicas } from '../src/consume/nearest-replicas.ts';

const leader = 1;
const near = 2;

describe('the replica that a leader named', () => {
  it('is asked for that partition alone, until the leader is asked anew', () => {
    const nearest = new NearestReplicas('here');
    expect(nearest.nodeFor('t', 0, leader, 0)).toBe(leader);
    nearest.learned('t', 0, near, 0);
    expect([0, 1].map((partition) => nearest.nodeFor('t', partition, leader, 1))).toEqual([near, leader]);
    expect(nearest.nodeFor('t', 0, leader, 300_000)).toBe(leader);
    // One that learns of nothing any more is not named again before its leader has said what it lacks.
    expect([300_000, 301_000].map((now) => nearest.rack(now))).toEqual(['', 'here']);
  });

  it('is not asked while nobody leads', () => {
    const nearest = new NearestReplicas('here');
    nearest.learned('t', 0, near, 0);
    expect(nearest.nodeFor('t', 0, -1, 1)).toBe(-1);
  });

  it('is left for the leader by what it refuses, which no leader is believed to have said', () => {
    const nearest = new NearestReplicas('here');
    nearest.learned('t', 0, near, 0);
    nearest.refused('t', 0, leader, 5);
    expect(nearest.nodeFor('t', 0, leader, 6)).toBe(near);
    nearest.refused('t', 0, near, 10);
    expect(nearest.nodeFor('t', 0, leader, 11)).toBe(leader);
    expect([11, 1_010].map((now) => nearest.rack(now))).toEqual(['', 'here']);
  });

  it('that cannot be reached is asked for nothing for half a minute', () => {
    const nearest = new NearestReplicas('here');
    for (const partition of [0, 1]) nearest.learned('t', partition, near, 0);
    nearest.learned('t', 2, 3, 0);
    nearest.failed(leader, 5);
    expect(nearest.rack(5)).toBe('here');
    nearest.failed(near, 10);
    expect([0, 1, 2].map((partition) => nearest.nodeFor('t', partition, leader, 11))).toEqual([leader, leader, 3]);
    expect([11, 30_009, 30_010].map((now) => nearest.rack(now))).toEqual(['', '', 'here']);
  });
});
