import { type SchemaRegistryServer, startSchemaRegistry } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { broken, fine, ofLogicalTypes, ofNames } from '../support/avro-changes.ts';
import { protobufChanges } from '../support/protobuf-changes.ts';

let server: SchemaRegistryServer;
let subjects = 0;
beforeAll(async () => {
  server = await startSchemaRegistry();
}, 300_000);
afterAll(() => server.stop());

async function ask(method: string, path: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const answer = await fetch(server.url + path, { method, headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  const value: unknown = JSON.parse(text);
  return value;
}

/** What Apicurio says of a change, each way; a schema that it cannot read the other by is as good as breaking. */
async function verdicts(schemaType: 'AVRO' | 'PROTOBUF', before: string, after: string): Promise<readonly string[]> {
  const subject = `changes-${subjects++}`;
  await ask('POST', `/subjects/${subject}/versions`, { schemaType, schema: before });
  const found: string[] = [];
  for (const level of ['BACKWARD', 'FORWARD']) {
    // One name in older releases, another in newer ones.
    await ask('PUT', `/config/${subject}`, { compatibility: level, compatibilityLevel: level });
    const path = `/compatibility/subjects/${subject}/versions/latest`;
    const answer = await ask('POST', path, { schemaType, schema: after }).catch((error: unknown) => {
      if (!(error instanceof Error && error.message.startsWith('422'))) throw error;
    });
    found.push(answer instanceof Object && 'is_compatible' in answer && answer.is_compatible === true ? fine : broken);
  }
  return found;
}

describe('Apicurio Registry, which asks the reference implementation of Avro', () => {
  it.each(ofNames)('says the same as the contracts: $change', async ({ old, new: next, right }) => {
    expect(await verdicts('AVRO', JSON.stringify(old), JSON.stringify(next))).toEqual(right);
  });

  it.each(ofLogicalTypes)('never says breaking where the contracts do not: $change', async (pair) => {
    const theirs = await verdicts('AVRO', JSON.stringify(pair.old), JSON.stringify(pair.new));
    // It looks at bytes, not at what they mean.
    expect(pair.right.filter((right, way) => theirs[way] === broken && right !== broken)).toEqual([]);
  });
});

/** Where it does not see what is lost: a reader whose oneof holds both fields keeps the last of them. */
const unseen: readonly string[] = ['one of two fields leaves a oneof', 'a oneof is split'];
/** It reads no file of an edition. */
const hasEdition = (text: string): boolean => text.startsWith('edition');

describe('Apicurio Registry, which is strict with Protobuf', () => {
  it.each(protobufChanges.filter(([, ...texts]) => !texts.slice(0, 2).some((text) => hasEdition(String(text)))))(
    'never calls compatible what the contracts call breaking, but where two fields leave a oneof: %s',
    async (change, before, after, right) => {
      const theirs = await verdicts('PROTOBUF', before, after);
      const missed = right.filter((each, way) => theirs[way] === fine && each === broken);
      expect(missed).toEqual(unseen.includes(change) ? [broken] : []);
    },
  );
});
