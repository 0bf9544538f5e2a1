import { WireError } from './wire-error.ts';

/** Of Node and OpenSSL, for what is wrong with a certificate or with TLS itself. */
export const certificateCodes: RegExp = /CERT|ERR_SSL|ERR_TLS|UNABLE_TO_|SELF_SIGNED|EPROTO/;

/** What went wrong with a request, whoever says so. */
export function toWireError(error: unknown, sent: 'no' | 'maybe', broker: string): WireError {
  if (error instanceof WireError) return error;
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  const at = `${broker}: ${message}`;
  const options = { sent, cause: error };
  if (name.includes('SASL')) return new WireError('authentication', at, options);
  if (name === 'KafkaJSNotImplemented') return new WireError('codec', at, options);
  if (name.startsWith('KafkaJS') && field(error, 'type') !== undefined)
    return new WireError('protocol', at, { ...options, code: Number(field(error, 'code')) });
  return new WireError('defect', at, options);
}

/** For how long a broker asks not to be asked, in milliseconds. */
export function throttleOf(decoded: unknown): number {
  return Number(field(decoded, 'clientSideThrottleTime') ?? 0);
}

/** A field of what kafkajs hands over, which has no types. */
function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
