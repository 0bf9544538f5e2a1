import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const version = '5.15.1';
const script = fileURLToPath(new URL('python_client.py', import.meta.url));

/** Microsoft's Python client, whose AMQP is its own: what rhea gets wrong on both sides shows here. */
export class PythonClient {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Takes it from the cache, or installs it there. Rejects where Python or pip are missing. */
  static async find(): Promise<PythonClient> {
    const cache = process.env['ISOSTREAM_CACHE'] ?? join(homedir(), '.cache/isostream');
    const root = join(cache, 'python');
    await mkdir(root, { recursive: true });
    const folder = join(root, `azure-eventhub-${version}`);
    if (!(await exists(folder))) {
      const temporary = await mkdtemp(join(root, 'download-'));
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', temporary];
      await run('python3', [...pip, `azure-eventhub==${version}`]);
      await rename(temporary, folder).catch(() => rm(temporary, { recursive: true }));
    }
    return new PythonClient(folder);
  }

  /** Runs one command of the script beside this file. */
  async run(connectionString: string, command: string, parameters: object = {}, hub = 'orders'): Promise<unknown> {
    const output = await run('env', [
      `PYTHONPATH=${this.#folder}`,
      ...['python3', script, connectionString, hub, command, JSON.stringify(parameters)],
    ]);
    // What it logs comes in between.
    const lines = output.trim().split('\n');
    const answer: unknown = JSON.parse(lines.findLast((line) => line.startsWith('{')) ?? 'null');
    return typeof answer === 'object' && answer !== null && 'result' in answer ? answer.result : answer;
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Both outputs of a program that ended well. */
async function run(program: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(program, args, { maxBuffer: 16 * 1_048_576 });
  return `${stdout}${stderr}`;
}
