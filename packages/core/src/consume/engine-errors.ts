import type { Gap } from '../contract/source.ts';
import { StreamError } from '../errors/stream-error.ts';

/** Retention was faster than the group. */
export function expired(partition: string, { missing, from, to }: Gap): StreamError {
  const message = `retention removed ${missing ?? 'some'} events of partition ${partition}, from ${from} to ${to}, before the group read them. Set onExpired: 'continue' to accept the loss, or reset the group`;
  return new StreamError('position-expired', message, { where: 'consumer' });
}

export function tookTooLong(timeoutMs: number): StreamError {
  const message = `the handler did not settle within ${timeoutMs} ms. Raise handlerTimeout, or end its work when context.signal is aborted`;
  return new StreamError('handler-timeout', message, { where: 'consumer' });
}

/** The consumer was paused between an attempt's beginning and its handler: the event was not handed out, and stays in line. */
export const heldBack: Error = new Error('the consumer is paused: the handler was not called');

export function outOfReach(partition: string): StreamError {
  const message = `partition ${partition}: this member could not reach the service within its session timeout`;
  return new StreamError('lease-lost', message, { where: 'consumer' });
}

export function handedOn(partition: string): StreamError {
  const message = `partition ${partition} was handed on before the handler ended`;
  return new StreamError('lease-lost', message, { where: 'consumer' });
}

/** The adapter declares one settlement, and gave an assignment of the other. */
export function notOfThisKind(partition: string, kind: string): StreamError {
  const message = `partition ${partition} ${kind}, which is not the settlement that its adapter declares`;
  return new StreamError('internal', message, { where: 'consumer' });
}
