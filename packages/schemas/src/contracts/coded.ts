import { StreamError } from '@isostream/core';
import { messageOf } from '@isostream/core/adapter';
import { compareParsed } from '../avro/resolution.ts';
import { parseAvro } from '../avro/schema.ts';
import { type Comparison, concluded, type Evolution, type Finding } from '../compatibility/comparison.ts';
import { compareJsonSchemas } from '../json-schema/index.ts';
import { checkProtobufEvolution } from '../protobuf/index.ts';
import { type CodecSchema, codecSchemaOf } from './codec-schema.ts';
import { asWritten } from './written.ts';

type ProtobufMessage = CodecSchema & { readonly kind: 'protobuf' };

/** What a change of the schema that a codec writes with breaks; `undefined` where nothing changed. */
export function compareCoded(before: unknown, after: unknown): Evolution | undefined {
  if (JSON.stringify(before) === JSON.stringify(after)) return undefined;
  const [old, now] = [codecSchemaOf(before), codecSchemaOf(after)];
  if (old === undefined || now === undefined || old.kind !== now.kind)
    return unclear(
      'the schema of the codec changed, and nothing here can compare it',
      'Compare it with the tools of the codec',
    );
  try {
    return evolutionOf(old, now);
  } catch (cause) {
    // A library that is missing. All else is what parsers say of schemas that are none, each with errors of its own.
    if (StreamError.is(cause)) throw cause;
    return unclear(
      `the schemas of the codec cannot be compared: ${messageOf(cause)}`,
      'Mend the schema, and export the contract again',
    );
  }
}

function evolutionOf(old: CodecSchema, now: CodecSchema): Evolution | undefined {
  if (old.kind === 'protobuf' && now.kind === 'protobuf') return messageEvolution(old, now);
  if (old.kind === 'avro' && now.kind === 'avro') {
    const [before, after] = [old, now].map(({ schema, references }) => parseAvro(schema, references));
    if (before === undefined || after === undefined) return undefined;
    return { backward: compareParsed(after, before, true), forward: compareParsed(before, after, true) };
  }
  if (old.kind !== 'json-schema' || now.kind !== 'json-schema') return undefined;
  if ((old.references ?? now.references) !== undefined)
    return unclear(
      'the schema or one that it refers to changed: they refer to others, which are not compared here',
      'Compare them by hand, or write them as one schema',
    );
  return {
    backward: compareJsonSchemas(now.schema, asWritten(old.schema)),
    forward: compareJsonSchemas(old.schema, asWritten(now.schema)),
  };
}

/** Bytes have no names, but events of a registry say by its full name which message they are. */
function messageEvolution(old: ProtobufMessage, now: ProtobufMessage): Evolution {
  const { backward, forward } = checkProtobufEvolution(old, now);
  if (old.message === now.message || (old.named ?? now.named) === undefined) return { backward, forward };
  const renamed = (reader: ProtobufMessage, writer: ProtobufMessage): Finding => ({
    kind: 'breaking',
    path: '',
    problem: `events say that they are a ${writer.message}, and the reader takes only a ${reader.message}`,
    cure: 'Keep the name and the package of the message, or declare a new event type',
  });
  return {
    backward: concluded([renamed(now, old), ...backward.findings]),
    forward: concluded([renamed(old, now), ...forward.findings]),
  };
}

function unclear(problem: string, cure: string): Evolution {
  const unknown: Comparison = { verdict: 'unknown', findings: [{ kind: 'unknown', path: '', problem, cure }] };
  return { backward: unknown, forward: unknown };
}
