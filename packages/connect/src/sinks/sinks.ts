import { elasticsearchSink } from './elasticsearch.ts';
import { fileStreamSink, jsonLinesSink, loggerSink } from './file.ts';
import type { SinkClass } from './sink.ts';

const builtIn: readonly SinkClass[] = [elasticsearchSink, fileStreamSink, jsonLinesSink, loggerSink];

/** Sinks of the caller come before those that are built in. */
export function knownSinks(own: readonly SinkClass[]): readonly SinkClass[] {
  return [...own, ...builtIn];
}
