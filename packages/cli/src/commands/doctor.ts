import { openAdapter } from '@isostream/core/adapter';
import { execFile } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { createAdapter, findConfig, findProvider, type ProviderName, providerNames, StreamError } from 'isostream';
import type { Command } from 'commander';
import { type ClientOptions, sourcesOf, withClientOptions, withStreams } from '../client.ts';
import { counted, paint, print } from '../terminal.ts';
import { json, visible } from '../visible.ts';
import type { Finding } from './project-files.ts';
import { projectFindings } from './project.ts';

/** What is wrong with this project and machine, and whether the configured provider answers. */
export function addDoctorCommand(program: Command): void {
  withClientOptions(
    program.command('doctor').description('check this machine, this project and the configured provider'),
  ).action(async (options: ClientOptions) => {
    const findings = await findingsOf(options);
    if (options.json === true) print(json(findings));
    else for (const { what, state, detail } of findings) print(`${mark(state)} ${what.padEnd(18)} ${visible(detail)}`);
    if (findings.some(({ state }) => state === 'failed')) process.exitCode = 1;
  });
}

/** Asked for all at once: some take seconds to answer. */
async function findingsOf(options: ClientOptions): Promise<readonly Finding[]> {
  const tools: readonly (readonly [command: string, args: readonly string[], why: string])[] = [
    ['java', ['-version'], 'needed to start Kafka, Pub/Sub and a schema registry natively: install Java 17 or newer'],
    ['mvn', ['--version'], 'needed once to download Kafka or a schema registry: install Maven'],
    ['gcloud', ['--version'], 'needed to start Pub/Sub natively: install it, and pubsub-emulator'],
    ['docker', ['info', '--format', '{{.ServerVersion}}'], 'needed only for --mode docker'],
  ];
  const asked = await Promise.all([
    ...providerNames.map((name) => adapter(name, options)),
    ...tools.map(([command, args, why]) => tool(command, args, why)),
    service(options),
  ]);
  return [node(process.versions.node), ...projectFindings(process.cwd()), ...asked];
}

/** The oldest Node that all packages run on. */
const oldest = [20, 19] as const;

function node(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
  const detail = isOld ? `v${version} is too old. Install Node ${oldest.join('.')} or newer` : `v${version}`;
  return { what: 'node', state: isOld ? 'failed' : 'ok', detail };
}

/** Whether it can be loaded. One that is not installed is an error only where it is the one that is configured. */
async function adapter(provider: ProviderName, options: ClientOptions): Promise<Finding> {
  const what = `adapter ${provider}`;
  try {
    const created = openAdapter(await createAdapter({ provider }));
    await created.close();
  } catch (error) {
    // That it has no address, or cannot find credentials, is not an error of the installation.
    if (StreamError.is(error) && error.code === 'missing-adapter')
      return { what, state: configured(options) === provider ? 'failed' : 'missing', detail: error.message };
  }
  return { what, state: 'ok', detail: 'installed' };
}

/** The provider that is configured, if that can be told. */
function configured(options: ClientOptions): ProviderName | undefined {
  try {
    return findProvider(sourcesOf(options));
  } catch {
    return undefined;
  }
}

function tool(command: string, args: readonly string[], why: string): Promise<Finding> {
  return new Promise((resolve) => {
    execFile(
      command,
      args,
      { timeout: 10_000, env: { ...process.env, NO_COLOR: '1', TERM: 'dumb' } },
      (error, stdout, stderr) => {
        const [line = ''] = stripVTControlCharacters(`${stdout}${stderr}`)
          .trim()
          .split(/[\r\n]/);
        resolve(
          error === null
            ? { what: command, state: 'ok', detail: line }
            : { what: command, state: 'missing', detail: why },
        );
      },
    );
  });
}

async function service(options: ClientOptions): Promise<Finding> {
  const what = 'provider';
  try {
    if ((await findConfig(sourcesOf(options))) === undefined)
      return { what, state: 'missing', detail: 'no provider is set: ISOSTREAM_URL, such as kafka://localhost:9092' };
    return await withStreams(options, async ({ adapter: { name }, admin }) => ({
      what,
      state: 'ok' as const,
      detail: `${name} answers, ${counted((await admin.topics()).length, 'topic')}`,
    }));
  } catch (error) {
    if (!StreamError.is(error))
      return { what, state: 'failed', detail: error instanceof Error ? error.message : String(error) };
    const isAway = error.code === 'unavailable' || error.code === 'timeout';
    const provider = isAway ? configured(options) : undefined;
    const cure = provider === undefined ? '' : `. To have one on this machine: npx isostream broker start ${provider}`;
    return { what, state: 'failed', detail: `${error.message}${cure}` };
  }
}

function mark(state: Finding['state']): string {
  if (state === 'ok') return paint('green', '✓', process.stdout);
  return state === 'missing' ? paint('yellow', '○', process.stdout) : paint('red', '✗', process.stdout);
}
