import { ServiceError } from '../service-error.ts';
import type { OffsetForm } from '../store/offsets.ts';
import type { StartPosition } from '../store/partition-log.ts';

const expression = /^amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*'([^']*)'$/;

/** Where a receiver starts by the selector of its source; without one, with events stored from now on. */
export function readStartFilter(filter: unknown, partition: string, offsets: OffsetForm): StartPosition {
  const selector = selectorOf(filter);
  if (selector === undefined) return { after: 'latest' };
  const [, field, operator, value = ''] = expression.exec(selector.trim()) ?? [];
  const inclusive = operator === '>=';
  if (field === 'offset' && value === '-1') return { after: 'earliest' };
  if (field !== undefined && value === '@latest') return { after: 'latest' };
  if (field === 'offset') return { offset: offsets.parse(partition, value), inclusive };
  if (field === 'sequence-number') return { sequence: integer(value, selector), inclusive };
  if (field === 'enqueued-time') return { timeMs: integer(value, selector) };
  throw invalid(selector);
}

function integer(text: string, selector: string): number {
  if (!/^-?\d+$/.test(text)) throw invalid(selector);
  return Number(text);
}

function invalid(selector: string): ServiceError {
  return new ServiceError('com.microsoft:argument-error', `The selector "${selector}" is not understood.`);
}

/** rhea leaves described values of the filter map as they are: a value in a descriptor, or plain text. */
function selectorOf(filter: unknown): string | undefined {
  if (typeof filter !== 'object' || filter === null) return undefined;
  for (const [name, value] of Object.entries(filter)) {
    if (!name.includes('selector-filter')) continue;
    const inner = unwrap(value);
    if (typeof inner === 'string') return inner;
  }
  return undefined;
}

function unwrap(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && 'value' in value) return unwrap(value.value);
  return value;
}
