import { readFileSync } from 'node:fs';

/** Of this package. The module lies where `../package.json` is right in the sources, as compiled, and joined to one file. */
export function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';
}
