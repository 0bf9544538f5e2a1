import { fileURLToPath } from 'node:url';
import type { GlueServer } from '@isostream/emulators';
import { runJava } from './java.ts';

const library = { group: 'software.amazon.glue', artifact: 'schema-registry-serde', version: '1.1.24' };
const program = fileURLToPath(new URL('../glue/GlueSerde.java', import.meta.url));

/** AWS's own client for Kafka, in Java. */
export function glueInJava(
  { url, region }: GlueServer,
  topic: string,
  compression: 'none' | 'zlib',
  ...args: readonly string[]
): Promise<string> {
  return runJava(library, program, url, region, topic, compression.toUpperCase(), ...args);
}
