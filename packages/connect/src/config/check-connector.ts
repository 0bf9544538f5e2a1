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
  const close = nearest(wanted, names) ?? nearest(wanted.slice(wanted.lastIndexOf('.') + 1), names);
  const shorts = all.map(({ found }) => found.classNames.at(-1) ?? '').join(', ');
  throw new ConfigError(
    `connector.class is ${JSON.stringify(wanted)}, which is not a known connector${close === undefined ? `. Use one of: ${shorts}` : `; did you mean ${close}?`}`,
  );
}
