import { metricNames } from '@isostream/core/metrics';
import * as published from '@opentelemetry/semantic-conventions/incubating';
import { expect, it } from 'vitest';
import { names, systemName } from '../src/names.ts';

const known = new Set<unknown>(Object.values(published));

it('the names are those of the published semantic conventions', () => {
  expect(Object.values(names).filter((name) => !known.has(name))).toEqual([]);
});

it('metrics that are not our own have names of the published conventions', () => {
  const theirs = metricNames.filter((name) => !name.startsWith('isostream.'));
  expect(theirs).toEqual([
    'messaging.client.sent.messages',
    'messaging.client.consumed.messages',
    'messaging.client.operation.duration',
    'messaging.process.duration',
  ]);
  expect(theirs.filter((name) => !known.has(name))).toEqual([]);
});

it('providers are called as the conventions have them, Kinesis as they call its attributes', () => {
  expect(['kafka', 'pubsub', 'event-hubs'].map(systemName).filter((name) => !known.has(name))).toEqual([]);
  expect(systemName('kinesis')).toBe('aws.kinesis');
  expect([...known].some((name) => String(name).startsWith('aws.kinesis.'))).toBe(true);
});
