import { StreamError } from '@isostream/core';
import type { KafkaConnection } from './worker.ts';

/** An address, or how to reach Kafka by `bootstrap.servers`. */
export type ServiceAddress = { readonly url: string } | { readonly provider: 'kafka'; readonly kafka: KafkaConnection };

/**
 * What `connect()` of the package `isostream` would refuse. Nothing where that is not installed: who connects by other means has
 * addresses of their own.
 */
export async function addressProblems(
  service: ServiceAddress,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const isostream = await import('isostream').catch(() => undefined);
  if (isostream === undefined) return [];
  try {
    // It connects nowhere yet.
    await isostream.createAdapter(await isostream.loadConfig({ code: service, environment }));
    return [];
  } catch (error) {
    // An adapter may be installed where the files run, and not where they are read.
    if (!StreamError.is(error)) throw error;
    return error.code === 'missing-adapter' ? [] : [error.message];
  }
}
