import { ConfigError } from '../config/definition.ts';
import { nearest } from '../config/nearest.ts';
import { elasticsearchSink } from './elasticsearch.ts';
import { fileStreamSink, jsonLinesSink, loggerSink } from './file.ts';
import type { SinkClass } from './sink.ts';

const builtIn: readonly SinkClass[] = [elasticsearchSink, fileStreamSink, jsonLinesSink, loggerSink];

/** The sink that a file calls by a class name; sinks of the caller come first. Throws {@link ConfigError}. */
export function findSink(className: string, own: readonly SinkClass[] = []): SinkClass {
  const all = [...own, ...builtIn];
  const wanted = className.trim();
  const found = all.find(({ classNames }) => classNames.includes(wanted));
  if (found !== undefined) return found;
  const names = all.flatMap(({ classNames }) => classNames);
  const close = nearest(wanted, names) ?? nearest(wanted.slice(wanted.lastIndexOf('.') + 1), names);
  const shorts = all.map(({ classNames }) => classNames.at(-1) ?? '').join(', ');
  throw new ConfigError(
    `connector.class is ${JSON.stringify(wanted)}, which is not a known connector${close === undefined ? `. Use one of: ${shorts}` : `; did you mean ${close}?`}`,
  );
}
