// Installs what the brokers of the tests need and this machine lacks: with apt on Debian and Ubuntu, with Homebrew elsewhere.
// Says each thing that it installs. Run by `npm test -- --install`, or by itself: `node scripts/install.js`.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const googleList = '/etc/apt/sources.list.d/google-cloud-sdk.list';
const googleKeyring = '/usr/share/keyrings/cloud.google.asc';
const googleKey = 'https://packages.cloud.google.com/apt/doc/apt-key.gpg';

/** Each with how to see that it is there; on Debian the first package that exists is taken. */
const tools = [
  {
    name: 'Java 17 or newer, for Apache Kafka, Apicurio Registry, OpenSearch and Google’s emulator',
    isThere: () => javaVersion() >= 17,
    debian: ['openjdk-17-jre-headless', 'openjdk-21-jre-headless', 'default-jre-headless'],
    homebrew: [['install', 'openjdk@17']],
    keg: 'openjdk@17',
  },
  {
    name: 'Maven, which downloads Apache Kafka, Apicurio Registry and OpenSearch once',
    isThere: () => works('mvn', '--version'),
    debian: ['maven'],
    homebrew: [['install', 'maven']],
  },
  {
    name: 'openssl, which makes certificates for tests of TLS',
    isThere: () => works('openssl', 'version'),
    debian: ['openssl'],
    homebrew: [['install', 'openssl@3']],
    keg: 'openssl@3',
  },
  {
    name: 'Python 3 with pip, for the AWS Glue emulator',
    isThere: () => works('python3', '-m', 'pip', '--version'),
    debian: ['python3-pip'],
    homebrew: [['install', 'python']],
  },
  {
    name: 'Google’s Pub/Sub emulator',
    isThere: hasPubSubEmulator,
    debian: ['google-cloud-cli-pubsub-emulator'],
    needsGoogle: true,
    homebrew: [['install', '--cask', 'gcloud-cli']],
    afterwards: ['gcloud', 'components', 'install', '--quiet', 'pubsub-emulator'],
  },
  {
    name: 'PostgreSQL, for outboxes and idempotent handlers',
    isThere: hasPostgres,
    debian: ['postgresql'],
    homebrew: [['install', 'postgresql@17']],
    keg: 'postgresql@17',
  },
  {
    name: 'Chromium, for the pages of the console',
    isThere: () =>
      works('chromium', '--version') || works('chromium-browser', '--version') || works('google-chrome', '--version'),
    debian: ['chromium', 'chromium-browser'],
    homebrew: [['install', '--cask', 'chromium']],
  },
  ...['zsh', 'fish'].map((shell) => ({
    name: `${shell}, for completion on the command line`,
    isThere: () => works(shell, '--version'),
    debian: [shell],
    homebrew: [['install', shell]],
  })),
  {
    name: 'Redis, for idempotent handlers',
    isThere: () => works('redis-server', '--version') || works('valkey-server', '--version'),
    debian: ['redis-server', 'valkey-server'],
    homebrew: [['install', 'redis']],
  },
  {
    name: 'Prometheus, for alerts and dashboards',
    isThere: () => works('prometheus', '--version') && works('promtool', '--version'),
    debian: ['prometheus'],
    homebrew: [['install', 'prometheus']],
  },
];

/** Installs what is missing; what cannot be installed is named, with the command, and `false` is the result. */
export async function installMissing() {
  const missing = [];
  for (const tool of tools) if (!(await tool.isThere())) missing.push(tool);
  if (missing.length === 0) {
    console.log('nothing to install: all that the tests need is there');
    return true;
  }
  const install = works('apt-get', '--version') ? withApt : works('brew', '--version') ? withHomebrew : withNothing;
  return install(missing);
}

async function withApt(missing) {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (asRoot.length > 0 && !works('sudo', '-n', 'true')) {
    console.log(
      `cannot install as this user, and sudo asks for a password. Run: sudo apt-get install -y ${named(missing)}`,
    );
    return false;
  }
  const apt = (...args) => run(...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args);
  apt('update', '-qq');
  if (missing.some(({ needsGoogle }) => needsGoogle) && !isPackage('google-cloud-cli-pubsub-emulator')) {
    await addGoogle(asRoot);
    apt('update', '-qq');
  }
  let isComplete = true;
  for (const { name, debian, isThere } of missing) {
    const found = debian.find(isPackage) ?? debian[0];
    console.log(`installing ${name}: apt-get install ${found}`);
    apt('install', '-y', '-qq', '--no-install-recommends', found);
    isComplete = told(name, await isThere()) && isComplete;
  }
  return isComplete;
}

/** Google’s packages are in its own repository. */
async function addGoogle(asRoot) {
  console.log(`adding Google’s apt repository: ${googleList}, signed by ${googleKeyring}`);
  const [list, keyring] = [join(tmpdir(), 'isostream-google.list'), join(tmpdir(), 'isostream-google.asc')];
  try {
    writeFileSync(keyring, await (await fetch(googleKey)).text());
    writeFileSync(list, `deb [signed-by=${googleKeyring}] https://packages.cloud.google.com/apt cloud-sdk main\n`);
    run(...asRoot, 'install', '-m', '644', keyring, googleKeyring);
    run(...asRoot, 'install', '-m', '644', list, googleList);
  } catch (error) {
    console.log(`it cannot be added: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function withHomebrew(missing) {
  let isComplete = true;
  for (const { name, homebrew, keg, afterwards, isThere } of missing) {
    for (const args of homebrew) {
      console.log(`installing ${name}: brew ${args.join(' ')}`);
      run('brew', ...args);
    }
    // Homebrew does not link what the system has a form of.
    if (keg !== undefined) process.env.PATH = `${prefixOf(keg)}/bin:${process.env.PATH}`;
    if (afterwards !== undefined) {
      console.log(`installing ${name}: ${afterwards.join(' ')}`);
      run(...afterwards);
    }
    isComplete = told(name, await isThere()) && isComplete;
  }
  return isComplete;
}

function withNothing(missing) {
  console.log(
    `cannot install here: there is neither apt-get nor brew. Missing: ${missing.map(({ name }) => name).join('; ')}`,
  );
  return false;
}

function told(name, isThere) {
  if (!isThere) console.log(`it is still missing: ${name}`);
  return isThere;
}

function named(missing) {
  return missing.map(({ debian }) => debian[0]).join(' ');
}

function prefixOf(keg) {
  return spawnSync('brew', ['--prefix', keg], { encoding: 'utf8' }).stdout?.trim() ?? '';
}

/** Whether apt has a package of this name that it could install. */
function isPackage(name) {
  const { status, stdout } = spawnSync('apt-cache', ['policy', name], { encoding: 'utf8' });
  return status === 0 && /Candidate: (?!\(none\))\S/.test(stdout);
}

function works(command, ...args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0)
    console.log(`${[command, ...args].join(' ')} failed${error === undefined ? '' : `: ${error.message}`}`);
}

/** 0 where there is none. */
function javaVersion() {
  const { status, stderr, stdout } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  return status === 0 ? Number(/version "(\d+)/.exec(`${stderr}${stdout}`)?.[1] ?? 0) : 0;
}

/** Where the launcher looks for it. */
async function hasPubSubEmulator() {
  const { emulatorJar } = await import('../packages/emulators/dist/pubsub/jar.js');
  return emulatorJar().then(
    ({ path }) => existsSync(path),
    () => false,
  );
}

/** Where the launcher looks for it. */
async function hasPostgres() {
  const { postgresPrograms } = await import('../packages/emulators/dist/postgres/programs.js');
  return postgresPrograms().then(
    () => true,
    () => false,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = (await installMissing()) ? 0 : 1;
