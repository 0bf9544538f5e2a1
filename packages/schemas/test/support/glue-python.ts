import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { GlueServer } from '@isostream/emulators';
import { fieldOf } from '../../src/registries/http.ts';

const client = 'aws-glue-schema-registry';
const version = '1.1.3';
const script = fileURLToPath(new URL('../glue/glue_client.py', import.meta.url));

/** A client of the registry that shares nothing with ours: boto3 and fastavro. Pip installs it into the cache once. */
export async function glueInPython(
  { url, region }: GlueServer,
  command: 'write' | 'read',
  topic: string,
  given: object,
): Promise<unknown> {
  const root = join(process.env['ISOSTREAM_CACHE'] ?? join(homedir(), '.cache/isostream'), 'python');
  const folder = join(root, `${client}-${version}`);
  if (!(await isThere(folder))) {
    await mkdir(root, { recursive: true });
    const temporary = await mkdtemp(join(root, 'download-'));
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', temporary];
    await promisify(execFile)('python3', [...pip, `${client}==${version}`]);
    await rename(temporary, folder).catch(() => rm(temporary, { recursive: true }));
  }
  const args = [script, url, region, command, topic, JSON.stringify(given)];
  const { stdout } = await promisify(execFile)('python3', args, { env: { ...process.env, PYTHONPATH: folder } });
  return fieldOf(JSON.parse(stdout), 'result');
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
