import { createRequire } from 'node:module';

/** The clients of a service that an adapter stands on, each with the version that is installed; one that is not here is left out. */
export function clientVersions(...names: readonly string[]): readonly string[] {
  const load = createRequire(import.meta.url);
  return names.flatMap((name) => {
    // Many do not let anybody ask for their manifest by name.
    for (const folder of load.resolve.paths(name) ?? []) {
      try {
        const manifest: unknown = load(`${folder}/${name}/package.json`);
        if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
          return [`${name} ${String(manifest.version)}`];
      } catch {
        // In the next folder.
      }
    }
    return [];
  });
}
