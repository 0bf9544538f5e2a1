import { type DynamicModule, type FactoryProvider, Module, type ModuleMetadata } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ExternalContextCreator } from '@nestjs/core';
import { type CloseOptions, connect, type ConnectOptions, type Duration, type Streams, type Topic } from 'isostream';
import { IsostreamHealth } from './health.ts';
import { Lifecycle } from './lifecycle.ts';
import { producerToken, STREAMS } from './tokens.ts';

interface ModuleOptions {
  /** How long consumers may drain, and then how long producers may flush, while the application shuts down. Default 25 s. */
  readonly closeDeadline?: Duration;
}

/** What `connect` of isostream takes; the module closes the client with the application. */
export type IsostreamModuleOptions = ConnectOptions & ModuleOptions;

/** Options that are known once other providers are. */
export interface IsostreamAsyncOptions extends Pick<ModuleMetadata, 'imports'>, ModuleOptions {
  /** The topics, which are known at once: each has a producer that can be injected. */
  readonly topics: readonly Topic[];
  readonly inject?: FactoryProvider['inject'];
  /** The rest of what `connect` takes, or a client that is connected already. */
  readonly useFactory: (
    ...injected: never[]
  ) => Omit<ConnectOptions, 'topics'> | Streams | Promise<Omit<ConnectOptions, 'topics'> | Streams>;
}

/** isostream as a global module: the client, a producer for each topic, and the methods that have `@Consumes`. */
// oxlint-disable-next-line typescript/no-extraneous-class -- Nest takes modules as classes
export class IsostreamModule {
  /** Connects as the application starts; it does not start if that fails. */
  static forRoot({ closeDeadline, ...options }: IsostreamModuleOptions): DynamicModule {
    const client = { provide: STREAMS, useFactory: () => connect(options) };
    return moduleOf(options.topics, client, [], closeDeadline);
  }

  /** Connects with what `useFactory` returns. */
  static forRootAsync({
    topics,
    imports = [],
    inject = [],
    useFactory,
    closeDeadline,
  }: IsostreamAsyncOptions): DynamicModule {
    const client = {
      provide: STREAMS,
      inject,
      useFactory: async (...injected: never[]) => {
        const made = await useFactory(...injected);
        return 'consumer' in made && 'producer' in made ? made : connect({ ...made, topics });
      },
    };
    return moduleOf(topics, client, imports, closeDeadline);
  }
}
Module({})(IsostreamModule);

function moduleOf(
  topics: readonly Topic[],
  client: FactoryProvider,
  imports: NonNullable<ModuleMetadata['imports']>,
  closeDeadline: Duration | undefined,
): DynamicModule {
  const closeOptions: CloseOptions = closeDeadline === undefined ? {} : { deadline: closeDeadline };
  const producers = topics.map((topic) => ({
    provide: producerToken(topic),
    inject: [STREAMS],
    useFactory: (streams: Streams) => streams.producer(topic),
  }));
  const health = {
    provide: IsostreamHealth,
    inject: [STREAMS],
    useFactory: (streams: Streams) => new IsostreamHealth(streams),
  };
  const lifecycle = {
    provide: Lifecycle,
    inject: [STREAMS, DiscoveryService, ExternalContextCreator],
    useFactory: (streams: Streams, discovery: DiscoveryService, contexts: ExternalContextCreator) =>
      new Lifecycle(streams, discovery, contexts, closeOptions),
  };
  return {
    module: IsostreamModule,
    global: true,
    imports: [...imports, DiscoveryModule],
    providers: [client, ...producers, health, lifecycle],
    exports: [STREAMS, IsostreamHealth, ...producers.map(({ provide }) => provide)],
  };
}
