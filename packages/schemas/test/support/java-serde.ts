import { fileURLToPath } from 'node:url';
import { runJava } from './java.ts';

const library = { group: 'io.apicurio', artifact: 'apicurio-registry-serdes-avro-serde', version: '2.6.13.Final' };
const program = fileURLToPath(new URL('../schema-registry/JavaSerde.java', import.meta.url));

/** A serializer that shares nothing with ours: Java, the reference implementation of Avro. */
export async function inJava(url: string, topic: string, ...args: readonly string[]): Promise<string> {
  return runJava(library, program, url.replace('/ccompat/v7', '/registry/v2'), topic, ...args);
}
