export { defineTopic, type Topic, type TopicInput, type TopicOutput } from './model/define-topic.ts';
export { NonRetryableError, StreamError } from './errors/stream-error.ts';
export { skip } from './consume/options.ts';
