import type { NewEvent, StoredEvent } from '../store/stored-event.ts';
import {
  annotationsHead,
  contentOf,
  encodeLong,
  encodeString,
  encodeSymbol,
  encodeTimestamp,
  entriesOf,
  integerOf,
  sectionsOf,
} from './encoding.ts';

/** The message format of a transfer whose data sections are events. */
const batchFormat = 0x80_01_37_00;

const header = 0x70;
const deliveryAnnotations = 0x71;
const messageAnnotations = 0x72;
const data = 0x75;

const sequenceNumber = encodeSymbol('x-opt-sequence-number');
const offset = encodeSymbol('x-opt-offset');
const enqueuedTime = encodeSymbol('x-opt-enqueued-time');
const partitionKey = encodeSymbol('x-opt-partition-key');
const written = new Set(['x-opt-sequence-number', 'x-opt-offset', 'x-opt-enqueued-time', 'x-opt-partition-key']);

/** What one transfer brings: one event, or a batch that goes to one partition together. */
export interface Publication {
  readonly partitionKey: string | undefined;
  readonly events: readonly NewEvent[];
}

/** Reads a transfer without decoding what events say: bodies and properties stay the very bytes that were sent. */
export function readPublication(bytes: Buffer, format: number): Publication {
  if (format !== batchFormat) {
    const event = readEvent(bytes);
    return { partitionKey: event.partitionKey, events: [event] };
  }
  let key: string | undefined;
  const events: NewEvent[] = [];
  for (const section of sectionsOf(bytes)) {
    if (section.code === messageAnnotations) key = readAnnotations(bytes, section.value).partitionKey;
    if (section.code === data) events.push(readEvent(contentOf(bytes, section.value)));
  }
  return { partitionKey: key ?? events[0]?.partitionKey, events };
}

function readEvent(bytes: Buffer): NewEvent {
  let annotations: Annotations = none;
  let rest = bytes.length;
  for (const section of sectionsOf(bytes)) {
    if (section.code === messageAnnotations) annotations = readAnnotations(bytes, section.value);
    else if (section.code !== header && section.code !== deliveryAnnotations) {
      rest = section.start;
      break;
    }
  }
  // Copies: the frame that they came in would be kept alive otherwise.
  return { ...annotations, rest: Buffer.from(bytes.subarray(rest)) };
}

type Annotations = Omit<NewEvent, 'rest'>;
const none: Annotations = {
  partitionKey: undefined,
  annotations: Buffer.alloc(0),
  annotationCount: 0,
  producer: undefined,
};

function readAnnotations(bytes: Buffer, at: number): Annotations {
  const kept: Buffer[] = [];
  let key: string | undefined;
  const producer = new Map<string, number>();
  for (const [name, value, end] of entriesOf(bytes, at)) {
    const text = contentOf(bytes, name).toString('utf8');
    if (text === 'x-opt-partition-key' && bytes.readUInt8(value) !== 0x40)
      key = contentOf(bytes, value).toString('utf8');
    if (text.startsWith('com.microsoft:producer-')) producer.set(text, integerOf(bytes, value) ?? 0);
    if (!written.has(text)) kept.push(bytes.subarray(name, end));
  }
  const sequence = producer.get('com.microsoft:producer-sequence-number');
  return {
    partitionKey: key,
    annotations: Buffer.concat(kept),
    annotationCount: kept.length,
    producer:
      sequence === undefined
        ? undefined
        : {
            id: producer.get('com.microsoft:producer-id') ?? 0,
            epoch: producer.get('com.microsoft:producer-epoch') ?? 0,
            sequence,
          },
  };
}

/** The state of a partition that a receiver with runtime metrics gets with every event. */
export interface RuntimeMetrics {
  readonly lastSequence: number;
  readonly lastOffset: string;
  readonly lastEnqueuedMs: number;
  readonly nowMs: number;
}

/** The message that a receiver gets: what the service knows, spliced in front of what the sender wrote. */
export function deliveredEvent(event: StoredEvent, offsetText: string, metrics: RuntimeMetrics | undefined): Buffer {
  const own = [
    sequenceNumber,
    encodeLong(event.sequence),
    offset,
    encodeString(offsetText),
    enqueuedTime,
    encodeTimestamp(event.enqueuedMs),
  ];
  if (event.partitionKey !== undefined) own.push(partitionKey, encodeString(event.partitionKey));
  const count = own.length / 2 + event.annotationCount;
  own.push(event.annotations);
  const size = sizeOf(own);
  return Buffer.concat([
    ...(metrics === undefined ? [] : [runtimeAnnotations(metrics)]),
    annotationsHead(messageAnnotations, count, size),
    ...own,
    event.rest,
  ]);
}

function runtimeAnnotations(metrics: RuntimeMetrics): Buffer {
  const parts = [
    encodeSymbol('last_enqueued_sequence_number'),
    encodeLong(metrics.lastSequence),
    encodeSymbol('last_enqueued_offset'),
    encodeString(metrics.lastOffset),
    encodeSymbol('last_enqueued_time_utc'),
    encodeTimestamp(metrics.lastEnqueuedMs),
    encodeSymbol('runtime_info_retrieval_time_utc'),
    encodeTimestamp(metrics.nowMs),
  ];
  return Buffer.concat([annotationsHead(deliveryAnnotations, parts.length / 2, sizeOf(parts)), ...parts]);
}

function sizeOf(parts: readonly Buffer[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
