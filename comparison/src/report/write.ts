import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Result } from '../run/run.ts';
import { scenarios } from '../run/scenarios.ts';
import type { ServiceName } from '../subject.ts';
import { subjects } from '../subjects/index.ts';
import { comparisonPage, type Recorded } from './page.ts';

const recordsFile = new URL('../../results.json', import.meta.url);
const pageFile = new URL('../../../docs/comparison.md', import.meta.url);

/** Keeps what was found beside the page, replacing what was run again, and makes the page from it. */
export async function write(results: readonly Result[], services: ReadonlyMap<ServiceName, string>): Promise<void> {
  const known = await readFile(recordsFile, 'utf8').then(parsed, () => ({ services: {}, versions: {}, results: [] }));
  const again = new Set(results.map(nameOf));
  const records: Recorded = {
    services: { ...known.services, ...Object.fromEntries(services) },
    versions: { ...known.versions, ...versions(new Set(results.map(({ subject }) => subject))) },
    results: inOrder([...known.results.filter((result) => !again.has(nameOf(result))), ...results]),
  };
  await writeFile(recordsFile, `${JSON.stringify(records, undefined, 2)}\n`);
  await writeFile(pageFile, comparisonPage(records));
}

function parsed(text: string): Recorded {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody else writes this file
  return JSON.parse(text) as Recorded;
}

function nameOf({ subject, scenario }: Result): string {
  return `${subject}\n${scenario}`;
}

function inOrder(results: readonly Result[]): readonly Result[] {
  return subjects.flatMap(({ name }) =>
    scenarios.flatMap(({ id }) => results.filter(({ subject, scenario }) => subject === name && scenario === id)),
  );
}

function versions(names: ReadonlySet<string>): Record<string, string> {
  const load = createRequire(import.meta.url);
  return Object.fromEntries(
    subjects
      .filter(({ name }) => names.has(name))
      .map(({ name, package: of }) => {
        if (of === undefined) return [name, `Node.js ${process.versions.node}`];
        if (of.startsWith('@isostream/')) return [name, 'this repository'];
        const path = load.resolve.paths(of)?.map((folder) => `${folder}/${of}/package.json`) ?? [];
        for (const file of path) {
          try {
            const manifest: unknown = load(file);
            if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
              return [name, `${of} ${String(manifest.version)}`];
          } catch {
            // In the next folder.
          }
        }
        return [name, of];
      }),
  );
}
