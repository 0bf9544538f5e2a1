import { javaText } from '../data/java-text.ts';
import { DataError, isMap, kindOf, type Schema, Struct, typeOf, type Value } from '../data/values.ts';
import { type Cell, cellsOf, javaOrder, remade, requireMap, requireStruct, withPart } from './record.ts';
import type { TransformClass } from './transform-class.ts';

/** Puts the fields of inner maps beside the outer ones, with joined names. Lists stay; empty maps vanish. */
export const flatten: TransformClass = {
  hasParts: true,
  definitions: { delimiter: { type: 'string', default: '.', doc: 'what stands between the names' } },
  create(config, part) {
    const delimiter = config.text('delimiter');
    const joined = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}${delimiter}${name}`);
    return (record) => {
      const { schema, value } = record[part];
      if (value === null) return record;
      if (schema === null) {
        const flat = new Map<Value, Value>();
        const isColliding = fill(flat, requireMap(value, 'Flatten'), '', (map) => [...map]);
        if (isColliding) {
          flat.clear();
          fill(flat, requireMap(value, 'Flatten'), '', javaOrder);
        }
        return withPart(record, part, { schema: null, value: flat });
      }
      const struct = requireStruct(value, 'Flatten');
      return withPart(
        record,
        part,
        remade(cellsIn(struct.schema, struct, '', struct.schema.optional === true), struct.schema),
      );
    };

    /** Whether two names met: then the order of the entries decides. */
    function fill(
      flat: Map<Value, Value>,
      map: ReadonlyMap<Value, Value>,
      prefix: string,
      order: (map: ReadonlyMap<Value, Value>) => readonly (readonly [Value, Value])[],
    ): boolean {
      let isColliding = false;
      for (const [key, entry] of order(map)) {
        const name = joined(prefix, javaText(key));
        if (isMap(entry)) isColliding = fill(flat, entry, name, order) || isColliding;
        else {
          if (entry !== null && (typeOf(entry) === undefined || entry instanceof Struct))
            throw new DataError(`Flatten cannot handle ${kindOf(entry)}`);
          isColliding ||= flat.has(name);
          flat.set(name, entry);
        }
      }
      return isColliding;
    }

    function cellsIn(schema: Schema, struct: Struct | null, prefix: string, isOptional: boolean): Cell[] {
      const cells: readonly Cell[] =
        struct === null ? (schema.fields ?? []).map((field) => ({ ...field, value: null })) : cellsOf(struct);
      return cells.flatMap((cell): Cell[] => {
        const name = joined(prefix, cell.name);
        const isInnerOptional = isOptional || cell.schema.optional === true;
        if (cell.schema.type === 'map') throw new DataError('Flatten cannot handle maps in structs');
        if (cell.schema.type === 'struct')
          return cellsIn(cell.schema, cell.value instanceof Struct ? cell.value : null, name, isInnerOptional);
        return [{ name, schema: { ...cell.schema, optional: isInnerOptional }, value: cell.value }];
      });
    }
  },
};
