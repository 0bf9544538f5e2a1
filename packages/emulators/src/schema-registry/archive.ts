import { join } from 'node:path';
import { BrokerUnavailable } from '../broker-unavailable.ts';
import { javaFor, mavenArchive } from '../maven.ts';

export const registryName = 'Apicurio Registry';

/** Pinned, newest first: each needs a newer Java than the one behind it. */
const releases = [
  { version: '3.3.3', java: 21, jar: 'quarkus-run.jar' },
  { version: '3.0.9', java: 17, jar: 'apicurio-registry-app-3.0.9-runner.jar' },
] as const;

export interface RegistryArchive {
  readonly version: string;
  /** What `java -jar` runs. */
  readonly jar: string;
}

/**
 * The newest release that this machine's Java runs; Maven downloads it once. Throws {@link BrokerUnavailable} that says what is
 * missing.
 */
export async function registryArchive(progress: (text: string) => void): Promise<RegistryArchive> {
  const java = await javaFor(registryName);
  const release = releases.find((candidate) => candidate.java <= java);
  if (release === undefined) throw new BrokerUnavailable(registryName, `no release of it runs on Java ${java}`);
  const { version, jar } = release;
  const artifact = `io.apicurio:apicurio-registry-app:${version}:tar.gz:all`;
  const archive = { server: registryName, version, artifact, folder: 'apicurio-registry', marker: jar };
  return { version, jar: join(await mavenArchive(archive, progress), jar) };
}
