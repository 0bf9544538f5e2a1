import { dynamoDbSink } from './dynamodb/dynamodb.ts';
import { elasticsearchSink } from './elasticsearch.ts';
import { fileStreamSink, jsonLinesSink, loggerSink } from './file.ts';
import { httpSink } from './http.ts';
import { postgresSink } from './postgres/postgres.ts';
import type { SinkClass } from './sink.ts';

const builtIn: readonly SinkClass[] = [
  elasticsearchSink,
  dynamoDbSink,
  postgresSink,
  httpSink,
  fileStreamSink,
  jsonLinesSink,
  loggerSink,
];

/** Sinks of the caller come before those that are built in. */
export function knownSinks(own: readonly SinkClass[]): readonly SinkClass[] {
  return [...own, ...builtIn];
}
