import type { ProcessOptions, ConsumerOptions } from '../consume/options.ts';
import type { Capabilities } from '../contract/capabilities.ts';
import type { Start } from '../contract/source.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { Position } from '../model/encoded.ts';

interface Provider {
  readonly name: string;
  readonly capabilities: Capabilities;
}

/** The refusal of what capabilities say that a provider cannot do: before any I/O. */
export function unsupported(adapter: string, message: string): StreamError {
  return new StreamError('unsupported', message, { where: adapter });
}

/** Throws `unsupported` for options that this provider cannot keep: pure. */
export function checkConsumer(provider: Provider, options: ConsumerOptions): void {
  const { name, capabilities } = provider;
  checkOrdering(provider, options);
  checkStart(provider, options.from ?? 'earliest');
  if (options.onExpired === 'stop' && capabilities.settlement === 'individual')
    throw unsupported(
      name,
      "does not tell which events retention removed before they were read. Leave onExpired out, or accept the loss with onExpired: 'continue'",
    );
}

/** As {@link checkConsumer}, for a read without a group. */
export function checkReplay(
  provider: Provider,
  {
    from,
    to,
    ...options
  }: ProcessOptions & { readonly from: Start | ReadonlyMap<string, Position>; readonly to: Start },
): void {
  const { name, capabilities } = provider;
  if (!capabilities.replay) throw unsupported(name, 'cannot read a range without a group');
  checkOrdering(provider, options);
  checkStart(provider, from);
  checkStart(provider, to);
}

function checkStart({ name, capabilities }: Provider, from: Start | ReadonlyMap<string, Position>): void {
  if (from instanceof Date && !capabilities.startAtTimestamp)
    throw unsupported(name, 'cannot start at a time. Start at earliest or latest');
  if (typeof from !== 'string' && !(from instanceof Date) && capabilities.settlement === 'individual')
    throw unsupported(name, 'has no positions to start at. Start at earliest, latest or a time');
}

function checkOrdering({ name, capabilities }: Provider, { ordering }: Pick<ProcessOptions, 'ordering'>): void {
  if (ordering === 'partition' && capabilities.settlement === 'individual')
    throw unsupported(name, "has no partitions whose order could be kept. Use ordering: 'key'");
}
