import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';

/** What a run stood on: other machines and other versions have other figures. */
export interface Environment {
  /** ISO 8601. */
  readonly date: string;
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  readonly cpus: number;
  readonly memoryGb: number;
  /** Versions of the clients that isostream is held against, by package. */
  readonly clients: Readonly<Record<string, string>>;
}

export function environment(clients: readonly string[]): Environment {
  const pinned = pinnedVersions();
  return {
    date: new Date().toISOString(),
    node: process.version,
    system: `${type()} ${release()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    clients: Object.fromEntries(clients.map((name) => [name, pinned[name] ?? 'unknown'])),
  };
}

/** The manifest names exact versions. */
function pinnedVersions(): Readonly<Record<string, string>> {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody else writes this file
  return (manifest as { readonly dependencies: Record<string, string> }).dependencies;
}
