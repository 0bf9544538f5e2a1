/** What is written: as it is stored in a topic, and the place that makes it known. */
export interface Document {
  readonly key: string;
  readonly place: string;
  readonly bytes: Buffer;
}

/** What a document holds. */
export interface Data {
  readonly n: number;
  readonly text: string;
}

const keys = 10_000;

/** So many documents of 200 bytes, each key in turn. */
export function documents(count: number): readonly Document[] {
  return Array.from({ length: count }, (_, n) => {
    const data: Data = { n, text: `${n} `.repeat(180).slice(0, 180) };
    return { key: `key-${n % keys}`, place: `bench+0+${n}`, bytes: Buffer.from(JSON.stringify(data)) };
  });
}

/** As any handler reads what it gets. */
export function dataOf({ bytes }: Document): Data {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what the bench itself sends comes here
  return JSON.parse(bytes.toString()) as Data;
}
