import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where downloads are kept between runs: `ISOSTREAM_CACHE`, else the user's cache folder. */
export async function cacheFolder(...parts: readonly string[]): Promise<string> {
  const root =
    process.env['ISOSTREAM_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'isostream');
  const folder = join(root, ...parts);
  await mkdir(folder, { recursive: true });
  return folder;
}
