import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { BrokerUnavailable } from './broker-unavailable.ts';

/** Where an npm package lies that is a broker. Throws {@link BrokerUnavailable} with the command that installs it. */
export async function nodePackage(
  broker: string,
  name: string,
  install: string,
): Promise<{ readonly folder: string; readonly version: string }> {
  try {
    const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    const version = typeof content === 'object' && content !== null && 'version' in content ? content.version : '';
    return { folder: dirname(file), version: String(version) };
  } catch (cause) {
    throw new BrokerUnavailable(broker, `the package ${name} is missing. Install it: ${install}.`, cause);
  }
}
