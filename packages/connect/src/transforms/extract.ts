import { ConfigError } from '../config/definition.ts';
import { DataError, isMap, kindOf, Struct, type Typed, type Value } from '../data/values.ts';
import { withPart } from './record.ts';
import { replaceNull, replacesNullIn, type TransformClass } from './transform-class.ts';

/** Makes the value of one of its fields. */
export const extractField: TransformClass = {
  hasParts: true,
  definitions: {
    field: { type: 'string', doc: 'the field to take' },
    'field.syntax.version': {
      type: 'string',
      default: 'V1',
      oneOf: ['V1', 'V2', 'v1', 'v2'],
      doc: 'V2 reads dots as paths',
    },
    ...replaceNull,
  },
  create(config, part) {
    const name = config.text('field');
    const replacesNull = replacesNullIn(config);
    const path = config.text('field.syntax.version').toUpperCase() === 'V2' ? stepsOf(name) : [name];
    return (record) => {
      const { schema, value } = record[part];
      return withPart(
        record,
        part,
        schema === null ? fromMap(value, path) : fromStruct({ schema, value }, path, replacesNull),
      );
    };
  },
};

function fromMap(value: Value, path: readonly string[]): Typed {
  let current = value;
  for (const step of path) {
    if (current === null) break;
    if (!isMap(current))
      throw new DataError(`ExtractField needs a map at ${step}, and the record has ${kindOf(current)}`);
    current = current.get(step) ?? null;
  }
  return { schema: null, value: current };
}

function fromStruct(whole: Typed, path: readonly string[], replacesNull: boolean): Typed {
  let current = whole;
  for (const step of path) {
    const field = current.schema?.fields?.find(({ name }) => name === step);
    if (field === undefined)
      throw new DataError(`ExtractField needs the field ${path.join('.')}, which the schema does not have`);
    const inner = current.value instanceof Struct ? current.value.values.get(step) : undefined;
    current = {
      schema: field.schema,
      value: inner ?? (current.value === null || !replacesNull ? null : (field.schema.default ?? null)),
    };
  }
  return current;
}

/** The steps of a path: dots separate, backticks around a step keep its dots, a backslash before a backtick keeps it. */
function stepsOf(path: string): string[] {
  const steps: string[] = [];
  let at = 0;
  while (at <= path.length) {
    if (path.charAt(at) === '`') {
      const end = closing(path, at + 1);
      steps.push(path.slice(at + 1, end).replaceAll('\\`', '`'));
      at = end + 2;
      if (end + 1 === path.length) break;
    } else {
      const dot = path.indexOf('.', at);
      const end = dot === -1 ? path.length : dot;
      steps.push(path.slice(at, end).replaceAll('\\`', '`'));
      at = end + 1;
    }
  }
  return steps;
}

/** Where a step in backticks ends: at a backtick before a dot or the end. */
function closing(path: string, from: number): number {
  for (let at = from; at < path.length; at += 1) {
    const isEnd = path.charAt(at) === '`' && path.charAt(at - 1) !== '\\';
    if (isEnd && (at + 1 === path.length || path.charAt(at + 1) === '.')) return at;
  }
  throw new ConfigError(`field is ${JSON.stringify(path)}, in which a backtick is not closed`);
}
