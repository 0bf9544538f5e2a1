import { access, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokerUnavailable } from './broker-unavailable.ts';
import { cacheFolder } from './cache-folder.ts';
import { runCommand } from './run-command.ts';

export interface PythonPackage {
  readonly name: string;
  readonly version: string;
  /** What else it needs for what it is used for. */
  readonly beside?: readonly string[];
}

/** The folder for `PYTHONPATH`; pip installs it there once. Throws {@link BrokerUnavailable} that says what to install. */
export async function pythonPackage(
  broker: string,
  { name, version, beside = [] }: PythonPackage,
  progress: (text: string) => void,
): Promise<string> {
  const root = await cacheFolder('python');
  const folder = join(root, `${name}-${version}`);
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  if (isThere) return folder;
  await runCommand('python3', ['-m', 'pip', '--version']).catch((cause: unknown) => {
    const cure = 'Install them, on Debian or Ubuntu with: apt-get install -y python3-pip';
    throw new BrokerUnavailable(broker, `Python 3 with pip is missing. ${cure}`, cause);
  });
  progress(`downloading ${name} ${version}`);
  const temporary = await mkdtemp(join(root, 'download-'));
  try {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', temporary];
    await runCommand('python3', [...pip, `${name}==${version}`, ...beside]);
    // Another process may have been first.
    await rename(temporary, folder).catch(() => undefined);
    return folder;
  } catch (cause) {
    throw new BrokerUnavailable(broker, `the download failed. ${cause instanceof Error ? cause.message : ''}`, cause);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
