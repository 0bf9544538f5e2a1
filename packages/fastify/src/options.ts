import type { ConnectOptions, Duration, Streams } from 'isostream';

interface PluginOptions {
  /**
   * Routes for an orchestrator: `GET /livez`, `/readyz` and `/startupz`, 200 or 503, below `prefix` if one is given. Default
   * true; false leaves them out.
   */
  readonly probes?: boolean | { readonly prefix?: string };
  /** How long consumers may drain, and then how long producers may flush, while the application closes. Default 30 s. */
  readonly closeDeadline?: Duration;
}

/**
 * What `connect` of isostream takes, `logger` by default that of the application; or a client that is already connected. The plugin closes
 * either with the application.
 */
export type IsostreamPluginOptions = PluginOptions & (ConnectOptions | { readonly streams: Streams });

/** What Fastify gives to every plugin beside its options, and `connect` does not know. */
const ofFastify: ReadonlySet<string> = new Set(['prefix', 'logLevel', 'logSerializers']);

/** The plugin's own options, and those of `connect`. */
export function divided(options: IsostreamPluginOptions): {
  readonly own: PluginOptions;
  readonly client: ConnectOptions | { readonly streams: Streams };
} {
  const { probes = true, closeDeadline, ...client } = options;
  for (const name of ofFastify) Reflect.deleteProperty(client, name);
  return { own: { probes, ...(closeDeadline === undefined ? {} : { closeDeadline }) }, client };
}
