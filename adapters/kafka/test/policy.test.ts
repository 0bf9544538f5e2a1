import type { AccessAct, AccessNeed } from '@isostream/core/adapter';
import { describe, expect, it } from 'vitest';
import { kafkaPolicy } from '../src/policy.ts';

const on = (act: AccessAct, topic = 'orders', group?: string): AccessNeed =>
  group === undefined ? { act, topic } : { act, topic, group };

describe('the ACLs of Kafka', () => {
  it('have each right once, with what it is needed for', () => {
    const { rights } = kafkaPolicy([on('write'), on('replay'), on('join', 'orders', 'billing')], { options: {} });
    expect(rights).toEqual([
      { action: 'Write', resource: 'topic orders', acts: ['write'] },
      { action: 'DescribeConfigs', resource: 'topic orders', acts: ['write'] },
      { action: 'Read', resource: 'topic orders', acts: ['replay', 'join'] },
      { action: 'Read', resource: 'group billing', acts: ['join'] },
    ]);
  });

  it('leave out what another one grants: by its operation, and by its pattern', () => {
    const { rights } = kafkaPolicy([on('describe'), on('alter'), on('replay', 'orders'), on('replay', 'ord*')], {
      options: {},
    });
    expect(rights.map(({ action, resource }) => `${action} ${resource}`)).toEqual([
      'Alter topic orders',
      'AlterConfigs topic orders',
      'Read topic ord*',
    ]);
    expect(kafkaPolicy([on('describe')], { options: {} }).rights.map(({ action }) => action)).toEqual([
      'Describe',
      'DescribeConfigs',
    ]);
  });

  it('are commands and JSON of the same content', () => {
    const needs = [on('join', 'orders', "it's"), on('create', 'proof-*')];
    const options = { brokers: ['one:9092', 'two:9092'] };
    expect(kafkaPolicy(needs, { principal: 'User:CN=orders, O=Shop', options })).toMatchObject({
      document: [
        { resourceType: 'topic', resourceName: 'orders', patternType: 'literal', operation: 'Read' },
        { resourceType: 'group', resourceName: "it's", operation: 'Read', principal: 'User:CN=orders, O=Shop' },
        { resourceType: 'topic', resourceName: 'proof-', patternType: 'prefixed', operation: 'Create', host: '*' },
      ],
      commands: [
        "kafka-acls.sh --bootstrap-server one:9092,two:9092 --add --allow-principal 'User:CN=orders, O=Shop' --operation Read --topic orders --resource-pattern-type literal",
        "kafka-acls.sh --bootstrap-server one:9092,two:9092 --add --allow-principal 'User:CN=orders, O=Shop' --operation Read --group 'it'\\''s' --resource-pattern-type literal",
        "kafka-acls.sh --bootstrap-server one:9092,two:9092 --add --allow-principal 'User:CN=orders, O=Shop' --operation Create --topic proof- --resource-pattern-type prefixed",
      ],
    });
  });
});
