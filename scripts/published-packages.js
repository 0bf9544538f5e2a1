import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';

/** Every workspace that is published: its folder, and its package.json. */
export async function publishedPackages() {
  const { workspaces } = JSON.parse(await readFile('package.json', 'utf8'));
  const folders = [];
  for (const pattern of workspaces) {
    if (!pattern.endsWith('/*')) folders.push(pattern);
    else folders.push(...(await packagesIn(pattern.slice(0, -2))));
  }
  const packages = [];
  for (const folder of folders.toSorted((one, other) => one.localeCompare(other))) {
    const manifest = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
    if (manifest.private !== true) packages.push({ folder, manifest });
  }
  return packages;
}

/** Folders without a package.json hold files of another kind. */
async function packagesIn(folder) {
  const names = await readdir(folder);
  return names.map((name) => `${folder}/${name}`).filter((each) => existsSync(`${each}/package.json`));
}
