import type { protos } from '@google-cloud/pubsub';
import type { PubsubMessage, ReceivedMessage } from '../message.ts';
import type { Names } from '../names.ts';
import type { PubSubSettings } from '../options.ts';

export type TopicInfo = protos.google.pubsub.v1.ITopic;
export type SubscriptionInfo = protos.google.pubsub.v1.ISubscription;

/** The service's calls that are used here: one request each, never retried, with a deadline. All names are full ones. */
export interface PubSubService {
  readonly settings: PubSubSettings;
  readonly isEmulator: boolean;
  names(): Promise<Names>;
  /** The service's time of day: nothing that it has stored has a later one. */
  now(): Promise<number>;
  publish(topic: string, messages: PubsubMessage[]): Promise<readonly string[]>;
  /** Waits for events as long as the settings say; empty after that. */
  pull(subscription: string, maxMessages: number): Promise<readonly ReceivedMessage[]>;
  /** What is there at this moment. For emulators: the service may leave out what it has. */
  pullNow(subscription: string, maxMessages: number): Promise<readonly ReceivedMessage[]>;
  acknowledge(subscription: string, ackIds: string[]): Promise<void>;
  modifyAckDeadline(subscription: string, ackIds: string[], seconds: number, timeoutMs: number): Promise<void>;
  createTopic(topic: TopicInfo): Promise<void>;
  updateTopic(topic: TopicInfo, paths: string[]): Promise<void>;
  getTopic(topic: string): Promise<TopicInfo>;
  deleteTopic(topic: string): Promise<void>;
  listTopics(): Promise<readonly TopicInfo[]>;
  /** Full names. */
  listSubscriptions(topic: string): Promise<readonly string[]>;
  /** Of all topics of the project. */
  listAllSubscriptions(): Promise<readonly SubscriptionInfo[]>;
  createSubscription(subscription: SubscriptionInfo): Promise<SubscriptionInfo>;
  getSubscription(subscription: string): Promise<SubscriptionInfo>;
  updateSubscription(subscription: SubscriptionInfo, paths: string[]): Promise<void>;
  deleteSubscription(subscription: string): Promise<void>;
  seek(subscription: string, toMs: number): Promise<void>;
}
