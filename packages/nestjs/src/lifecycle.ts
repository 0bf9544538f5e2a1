import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { DiscoveryService, ExternalContextCreator } from '@nestjs/core';
import { type CloseOptions, StreamError, type Streams } from 'isostream';
import { consumptionsOf } from './consumes.ts';
import { groupsOf, type Member } from './group.ts';
import { type Running, start } from './running.ts';

/**
 * Starts and ends what the client does with the application. Consumers drain before the HTTP server stops: everything that their
 * methods use is still there, and requests can still send. Producers flush when both have ended.
 */
export class Lifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #streams: Streams;
  readonly #discovery: DiscoveryService;
  readonly #contexts: ExternalContextCreator;
  readonly #closeOptions: CloseOptions;
  #running: Running | undefined;

  constructor(
    streams: Streams,
    discovery: DiscoveryService,
    contexts: ExternalContextCreator,
    closeOptions: CloseOptions,
  ) {
    this.#streams = streams;
    this.#discovery = discovery;
    this.#contexts = contexts;
    this.#closeOptions = closeOptions;
  }

  onApplicationBootstrap(): void {
    this.#running = start(this.#streams, groupsOf(this.#members()));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#running?.close(this.#closeOptions);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#streams.close(this.#closeOptions);
  }

  /** The methods of all providers and controllers; one that is known by two tokens counts once. */
  #members(): readonly Member[] {
    const seen = new Set<unknown>();
    const wrappers = [...this.#discovery.getProviders(), ...this.#discovery.getControllers()];
    return wrappers.flatMap((wrapper) => {
      const prototype: unknown = wrapper.metatype?.prototype;
      const isClass = typeof prototype === 'object' && prototype !== null;
      if (isClass && !wrapper.isDependencyTreeStatic() && consumptionsOf(prototype).length > 0)
        throw new StreamError(
          'invalid-config',
          'it has methods with @Consumes and lives as long as a request. Make it a singleton',
          {
            where: String(wrapper.name),
          },
        );
      const instance: unknown = wrapper.isDependencyTreeStatic() ? wrapper.instance : undefined;
      if (typeof instance !== 'object' || instance === null || seen.has(instance)) return [];
      seen.add(instance);
      return this.#membersOf(instance);
    });
  }

  #membersOf(instance: object): readonly Member[] {
    return consumptionsOf(Reflect.getPrototypeOf(instance)).map((consumption) => {
      const name = String(consumption.name);
      const method: unknown = Reflect.get(instance, consumption.name);
      if (!isMethod(method)) throw new TypeError(`${name} is not a method`);
      const call = this.#contexts.create(
        instance,
        // The method itself: guards and interceptors are noted on it.
        method,
        name,
        undefined,
        undefined,
        undefined,
        undefined,
        // What a filter would make of an error belongs to retries and dead letters, which need the error itself.
        { guards: true, interceptors: true, filters: false },
        'isostream',
      );
      return { ...consumption, where: `${instance.constructor.name}.${name}`, call };
    });
  }
}

function isMethod(value: unknown): value is (...given: unknown[]) => unknown {
  return typeof value === 'function';
}
