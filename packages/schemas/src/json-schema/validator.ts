import { Ajv, type ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type Document, isObject, type Node } from './node.ts';

type Check = (value: unknown) => readonly ErrorObject[];

/** Validates values against any part of the schemas that are compared; formats are asserted, as most validators of events do. */
export class Validator {
  readonly #checks = new Map<Document, Map<string, Check>>();
  readonly #ajvs = new Map<Document, Ajv>();

  isValid(node: Node, value: unknown): boolean {
    return this.errors(node, value).length === 0;
  }

  areValid(nodes: readonly Node[], value: unknown): boolean {
    return nodes.every((node) => this.isValid(node, value));
  }

  errors({ document, pointer }: Node, value: unknown): readonly ErrorObject[] {
    let checks = this.#checks.get(document);
    if (checks === undefined) this.#checks.set(document, (checks = new Map<string, Check>()));
    let check = checks.get(pointer);
    if (check === undefined) checks.set(pointer, (check = this.#compile(document, pointer)));
    return check(value);
  }

  #compile(document: Document, pointer: string): Check {
    const validate = this.#ajv(document).compile({
      $ref: `${id}#${encodeURI(pointer).replaceAll('#', '%23')}`,
    });
    return (value) => (validate(value) ? [] : [...(validate.errors ?? [])]);
  }

  #ajv(document: Document): Ajv {
    const known = this.#ajvs.get(document);
    if (known !== undefined) return known;
    const dialect = isObject(document.root) ? document.root['$schema'] : undefined;
    const isOld = typeof dialect === 'string' && /draft-0[3-7]/.test(dialect);
    const options = { strict: false, allErrors: true, logger: false as const, validateSchema: false };
    const ajv = isOld ? new Ajv(options) : new Ajv2020(options);
    // Unknown formats are annotations; ajv would refuse them.
    addFormats.default(ajv);
    for (const format of formatsOf(document.root)) if (ajv.formats[format] === undefined) ajv.addFormat(format, true);
    const root = isObject(document.root) ? withoutNames(document.root) : document.root;
    ajv.addSchema(isObject(root) ? { ...root, $id: id } : { $id: id, allOf: [root] });
    this.#ajvs.set(document, ajv);
    return ajv;
  }
}

let formats: Ajv['formats'] | undefined;

/** Whether a format is asserted; the names of others are annotations. */
export function isKnownFormat(format: string): boolean {
  if (formats === undefined) {
    const ajv = new Ajv();
    addFormats.default(ajv);
    ({ formats } = ajv);
  }
  return formats[format] !== undefined;
}

const id = 'urn:isostream:compared';

/** `$id` of the root would take the place of ours. */
function withoutNames({
  $id: _id,
  $schema: _schema,
  ...rest
}: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return rest;
}

function formatsOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(formatsOf);
  if (!isObject(schema)) return [];
  const { format } = schema;
  return [...(typeof format === 'string' ? [format] : []), ...Object.values(schema).flatMap(formatsOf)];
}
