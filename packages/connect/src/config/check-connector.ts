import { knownSinks } from '../sinks/sinks.ts';
import type { SinkClass } from '../sinks/sink.ts';
import type { SourceClass } from '../sources/source.ts';
import { builtInSources } from '../sources/sources.ts';
import { commonDefinitions, Findings } from './common.ts';
import { ConfigError, problemsOf, type Properties } from './definition.ts';
import { nearest } from './nearest.ts';
import { checkSink, type SinkPlan } from './sink-connector.ts';
import { checkSource, type SourcePlan } from './source-connector.ts';

/** A connector that can start: nothing of its file is wrong. */
export type ConnectorPlan = SinkPlan | SourcePlan;

/** Connectors of the caller's own, which come before those that are built in. */
export interface OwnConnectors {
  readonly sinks: readonly SinkClass[];
  readonly sources: readonly SourceClass[];
}

export interface Checked {
  readonly plan: ConnectorPlan | undefined;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** Checks one connector's properties; everything that is wrong comes at once. */
export function checkConnector(given: Properties, worker: Properties, own: OwnConnectors): Checked {
  const found = new Findings();
  const className = given['connector.class'];
  const connector = className === undefined ? undefined : found.attempt(() => findConnector(className, own));
  let plan: ConnectorPlan | undefined;
  // Of a connector that is not known, what all connectors have can still be wrong.
  if (connector === undefined) found.errors.push(...problemsOf(commonDefinitions, given));
  else if (connector.kind === 'sink') plan = checkSink(connector.found, given, worker, found);
  else plan = checkSource(connector.found, given, worker, found);
  return { plan, errors: found.errors, warnings: found.warnings };
}

/** What a class name says of its target: `Jdbc` of `io.confluent.connect.jdbc.JdbcSinkConnector`. */
function stemOf(className: string): string {
  const name = className.slice(className.lastIndexOf('.') + 1);
  return name.replace(/Conn?ect?or$/i, '');
}

type Connector =
  | { readonly kind: 'sink'; readonly found: SinkClass }
  | { readonly kind: 'source'; readonly found: SourceClass };

/** The connector that a file calls by a class name. Throws {@link ConfigError}. */
function findConnector(className: string, own: OwnConnectors): Connector {
  const all: readonly Connector[] = [
    ...knownSinks(own.sinks).map((found) => ({ kind: 'sink', found }) as const),
    ...[...own.sources, ...builtInSources].map((found) => ({ kind: 'source', found }) as const),
  ];
  const wanted = className.trim();
  const connector = all.find(({ found }) => found.classNames.includes(wanted));
  if (connector !== undefined) return connector;
  const names = all.flatMap(({ found }) => found.classNames);
  // What tells class names apart is the least part of them.
  const stem = nearest(stemOf(wanted), names.map(stemOf));
  const similar = names.filter((name) => stemOf(name) === stem);
  const close = nearest(wanted, similar) ?? similar[0];
  const isSameKind = ({ kind }: Connector): boolean =>
    /sink/i.test(wanted) ? kind === 'sink' : !/source/i.test(wanted) || kind === 'source';
  const shorts = all
    .filter(isSameKind)
    .map(({ found }) => found.classNames.at(-1) ?? '')
    .join(', ');
  throw new ConfigError(
    `connector.class is ${JSON.stringify(wanted)}, which is not a known connector${close === undefined ? `. Use one of: ${shorts}` : `; did you mean ${close}?`}`,
  );
}
