import type { Subject } from '../subject.ts';
import { awsKinesisLoop } from './aws-kinesis-loop.ts';
import { azureEventHubs } from './azure-event-hubs.ts';
import { eventEmitter } from './event-emitter.ts';
import { googlePubSub } from './google-pubsub.ts';
import { isostreamOn } from './isostream.ts';
import { kafkajs } from './kafkajs.ts';
import { platformatic } from './platformatic.ts';

/** Those of one service beside each other, the control first. */
export const subjects: readonly Subject[] = [
  isostreamOn('kafka'),
  kafkajs,
  platformatic,
  isostreamOn('kinesis'),
  awsKinesisLoop,
  isostreamOn('pubsub'),
  googlePubSub,
  isostreamOn('event-hubs'),
  azureEventHubs,
  isostreamOn('memory', true),
  eventEmitter,
];

export function subjectOf(name: string): Subject {
  const found = subjects.find((subject) => subject.name === name);
  if (found === undefined)
    throw new Error(`there is no subject ${name}. Valid: ${subjects.map((subject) => subject.name).join(', ')}`);
  return found;
}
