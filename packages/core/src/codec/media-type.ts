/** What a content type says of the bytes that it describes. */
export interface MediaType {
  readonly kind: 'json' | 'text' | 'binary';
  /** Of JSON and text. */
  readonly charset: string;
}

/** Text that does not begin with `text/`; also whatever ends in +xml or +yaml. */
const textTypes = new Set(
  [
    ...['xml', 'yaml', 'x-yaml', 'toml', 'javascript', 'ecmascript', 'graphql', 'sql', 'x-www-form-urlencoded'],
    // Several JSON texts in one, which no JSON parser reads.
    ...['x-ndjson', 'jsonl', 'x-jsonlines', 'json-seq'],
  ].map((subtype) => `application/${subtype}`),
);

let last: readonly [contentType: string | undefined, type: MediaType] = [undefined, { kind: 'json', charset: 'utf-8' }];

/** Without a content type data is JSON, as CloudEvents has it. */
export function mediaTypeOf(contentType: string | undefined): MediaType {
  // Most topics have one.
  if (last[0] !== contentType) last = [contentType, parse(contentType ?? '')];
  return last[1];
}

/** A content type without its parameters. */
export function essenceOf(contentType: string): string {
  const end = contentType.indexOf(';');
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

function parse(contentType: string): MediaType {
  const [essence = '', ...parameters] = contentType
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  return { kind: kindOf(essence), charset: charset?.replaceAll('"', '') ?? 'utf-8' };
}

function kindOf(essence: string): MediaType['kind'] {
  if (essence === '' || /^[^/]+\/(?:json|.*\+json)$/.test(essence)) return 'json';
  return essence.startsWith('text/') || textTypes.has(essence) || /\+(?:xml|yaml)$/.test(essence) ? 'text' : 'binary';
}
