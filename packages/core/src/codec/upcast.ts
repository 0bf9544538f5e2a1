import { messageOf } from '../errors/message-of.ts';
import type { Schema } from '../model/schema.ts';
import { versionsOf } from '../model/versions.ts';
import { check, type Checked } from './schema-check.ts';

/** Stored data by the version that it was written as: checked by it, then brought up to the newest. */
export function checkStored(schema: Schema, data: unknown, dataSchema: string | undefined): Checked | Promise<Checked> {
  const versions = versionsOf(schema);
  if (versions === undefined || versions.dataSchema === dataSchema) return check(schema, data);
  const { older } = versions;
  // What was stored before the type had versions names none.
  const written =
    dataSchema === undefined ? older.length - 1 : older.findIndex((version) => version.dataSchema === dataSchema);
  if (written < 0) return check(schema, data);
  return upcast(schema, older.slice(0, written + 1).toReversed(), data);
}

async function upcast(
  newest: Schema,
  steps: readonly { readonly dataSchema: string; readonly schema: Schema; readonly upcast: (data: never) => unknown }[],
  data: unknown,
): Promise<Checked> {
  let value = data;
  for (const { dataSchema, schema, upcast: bringUp } of steps) {
    const checked = await check(schema, value);
    if ('problem' in checked) return { problem: `as version ${dataSchema}: ${checked.problem}` };
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its own schema has put it out
      value = await bringUp(checked.value as never);
    } catch (thrown) {
      return { problem: `the upcast from version ${dataSchema} threw: ${messageOf(thrown)}` };
    }
  }
  return check(newest, value);
}
