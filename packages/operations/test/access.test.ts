import { describe, expect, it } from 'vitest';
import { accessNeeds, accessRoles } from '../src/index.ts';

const shown = (options: Parameters<typeof accessNeeds>[0]) =>
  accessNeeds(options).map(({ act, topic, group }) => [act, topic, ...(group === undefined ? [] : [group])].join(' '));

describe('what roles do', () => {
  it('is named for each topic and group, with their dead letters', () => {
    const on = { topics: ['orders'], groups: ['billing', 'audit'] };
    expect(shown({ ...on, roles: ['produce'] })).toEqual(['write orders']);
    expect(shown({ ...on, roles: ['consume'] })).toEqual([
      'join orders billing',
      'join orders audit',
      'write orders.billing.dlq',
      'write orders.audit.dlq',
    ]);
    expect(shown({ ...on, roles: ['consume'], deadLetters: false })).toEqual([
      'join orders billing',
      'join orders audit',
    ]);
    expect(shown({ topics: ['orders'], groups: ['billing'], roles: ['redrive'] })).toEqual([
      'replay orders.billing.dlq',
      'write orders',
      'write orders.billing.dlq',
    ]);
  });

  it('names each act once, whatever the number of roles', () => {
    const all = shown({ topics: ['orders'], groups: ['billing'], roles: accessRoles });
    expect(new Set(all).size).toBe(all.length);
  });

  it('is for all names that begin so where one ends with a star', () => {
    expect(shown({ topics: ['shop-*'], groups: ['g'], roles: ['consume'] })).toEqual(['join shop-* g', 'write shop-*']);
    expect(shown({ topics: ['orders'], groups: ['g*'], roles: ['consume'] })).toEqual([
      'join orders g*',
      'write orders.g*',
    ]);
  });
});
