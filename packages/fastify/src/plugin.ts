import type { FastifyInstance } from 'fastify';
import {
  connect,
  type Consumer,
  type ConsumerOptions,
  type HandleMiddleware,
  type Streams,
  type Topic,
  type Within,
} from 'isostream';
import { Consumers } from './consumers.ts';
import { divided, type IsostreamPluginOptions } from './options.ts';
import { addProbes } from './probes.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** The client that the isostream plugin connected. It is closed with the application. */
    readonly streams: Streams;
    /**
     * A consumer that begins once the application is ready, and drains when it closes. One that fails is logged, and the
     * probe of liveness fails from then on. Throws `invalid-config` at once for options that cannot be.
     */
    consume<Input, Output>(
      topic: Topic<Input, Output>,
      options: ConsumerOptions & Within<HandleMiddleware<NoInfer<Output>>>,
      handler: Parameters<Consumer<Output>['run']>[0],
    ): Consumer<Output>;
  }
}

/**
 * The plugin: `await app.register(isostream, { topics: [orders] })`. It decorates the application, not only its own scope, with
 * `streams` and `consume`. The application closes in this order: HTTP stops and its requests end, consumers drain, producers
 * flush. Rejects with what `connect` throws.
 */
export async function isostream(app: FastifyInstance, options: IsostreamPluginOptions): Promise<void> {
  const { own, client } = divided(options);
  const streams = 'streams' in client ? client.streams : await connect({ logger: app.log, ...client });
  // Hooks of this name run when no request is under way any more. First of all: what follows may throw.
  app.addHook('onClose', () => streams.close({ deadline: own.closeDeadline ?? '30s' }));
  const consumers = new Consumers(streams, app.log);
  app.decorate('streams', streams);
  app.decorate('consume', (topic, consumerOptions, handler) => consumers.add(topic, consumerOptions, handler));
  app.addHook('onReady', async () => consumers.start());
  endConnections(app);
  if (own.probes !== false) addProbes(app, streams, own.probes === true ? '' : (own.probes?.prefix ?? ''));
}

/**
 * Has clients end the connection of a request that is under way when the application closes. Else one that keeps it open holds
 * the server, and with it the drain of the consumers, for longer than an orchestrator waits.
 */
function endConnections(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
  });
  app.addHook('onSend', async (_, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });
}

// What marks a plugin whose decorators are for the application; a package for these three lines would be a dependency.
Object.assign(isostream, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@isostream/fastify',
  [Symbol.for('plugin-meta')]: { name: '@isostream/fastify', fastify: '5.x' },
});
