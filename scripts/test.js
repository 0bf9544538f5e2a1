// Runs everything that has to hold, and says at the end what passed, what failed and what could not run.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { installMissing } from './install.js';

// An address of the person who runs this is not to be tested, and not to be broken.
delete process.env.ISOSTREAM_URL;
delete process.env.ISOSTREAM_PROVIDER;
delete process.env.ISOSTREAM_CONFIG;

// Where nobody reads along, what was not run would look like a pass.
const brokersRequired = process.argv.includes('--require-brokers') || (process.env.CI ?? '') !== '';
if (process.argv.includes('--install')) await installMissing();

const folder = await mkdtemp(join(tmpdir(), 'isostream-test-'));
const cli = ['node', 'packages/cli/bin/isostream.js', 'conformance'];
/** Exit code of the command line where a broker cannot be started on this machine. */
const brokerUnavailable = 3;
/** So much of each failure is said again at the end. */
const linesKept = 6;

/** One after the other; those of one group at the same time, since they wait more than they work. */
const groups = [
  [{ name: 'check', command: ['npm', 'run', '--silent', 'check'] }],
  [{ name: 'packages', command: ['node', 'scripts/packages.js', '--quick'], count: lastLine }],
  [
    vitest('unit tests', 'unit'),
    vitest('fuzzing', 'fuzz'),
    {
      name: 'simulation',
      command: ['node', 'simulation/dist/main.js', '--seeds', '2000'],
      count: lastLine,
    },
  ],
  [conformanceOn('memory'), conformanceOn('memory-individual'), mutantsOf('memory-individual', undefined, 'own')],
  // Memory's wrong versions mostly wait as well.
  ...sideBySide(
    onBroker('kafka', 'Apache Kafka'),
    sideBySide(onBroker('pubsub', 'the Google Pub/Sub emulator'), [[mutantsOf('memory')], []]),
  ),
  // Where something breaks: the rest is the same as on one.
  [
    conformanceOn(
      'kafka-replicated',
      'three brokers of Apache Kafka',
      '--scenario',
      [
        'send-order/connections-cut-while-sending',
        'dead-letter/letters-are-refused',
        'groups/a-member-crashes',
        'groups/a-member-freezes',
        ...['the-network', 'connections', 'the-broker', 'positions', 'the-service'].map((fault) => `no-loss/${fault}`),
      ].join(),
    ),
    // The other group protocol: what a group does is all that differs.
    conformanceOn(
      'kafka-consumer-groups',
      'Apache Kafka',
      '--scenario',
      ['groups/', 'start-replay/a-member-is-ready', 'no-loss/the-broker-dies'].join(),
    ),
  ],
  ...sideBySide(onBroker('kinesis', 'the Kinesis emulator'), onBroker('event-hubs', 'the Event Hubs emulator')),
  [
    mutantsOf('kinesis', 'the Kinesis emulator', 'own'),
    // Pushed instead of polled: how events come to members is all that differs.
    conformanceOn(
      'kinesis-fan-out',
      'the Kinesis emulator',
      '--scenario',
      [
        'no-loss/all-is-handled',
        'groups/a-member-crashes',
        'groups/a-group-resumes',
        'key-order/partitions-are-split',
        'start-replay/a-member-is-ready',
      ].join(),
    ),
  ],
  [memoryOn('bun', 'bun@1.4.5', ['bun'])],
  [memoryOn('deno', 'deno@2.9.6', ['deno', 'run', '-A'])],
  ...sideBySide(startable('schema-registry', 'Apicurio Registry'), startable('glue', 'the AWS Glue emulator')),
  ...sideBySide(startable('chromium', 'Chromium'), startable('shells', 'zsh and fish')),
  ...sideBySide(startable('postgres', 'PostgreSQL'), startable('redis', 'Redis')),
  ...sideBySide(startable('prometheus', 'Prometheus'), startable('opensearch', 'OpenSearch')),
];

/** What a step is about: its provider, or its own name. */
const jobOf = ({ name }) => / (?:on|of) (\S+)$/.exec(name)?.[1] ?? name;
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;
const jobs = [...new Set(groups.flat().map(jobOf))];
if (process.argv.includes('--only') && !jobs.includes(only)) throw new Error(`--only takes one of: ${jobs.join(', ')}`);

const total = { passed: 0, failed: 0, failures: [] };
const gaps = new Set();
for (const group of groups) {
  const steps = group.filter(
    (step) => !gaps.has(step.needs) && (only === undefined ? step.isOptional !== true : jobOf(step) === only),
  );
  if (steps.length === 0) continue;
  console.log(`\n▶ ${steps.map(({ name }) => name).join('\n▶ ')}`);
  await Promise.all(steps.map((step) => runStep(step, steps.length === 1)));
}
await rm(folder, { recursive: true, force: true });
// Once more at the end: of a long log often only the end is kept.
if (total.failed > 0) console.log(`\nWhat failed:\n${total.failures.join('\n')}`);
const notRun = gaps.size === 0 ? '' : `, NOT RUN: ${[...gaps].join('; ')}`;
console.log(`\n${total.passed} passed, ${total.failed} failed${notRun}`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** Runs one step and adds what it counted; what it says is shown as it comes if it runs alone. */
async function runStep({ name, command, count, needs }, isAlone) {
  const start = performance.now();
  const { code, output, said } = await execute(command, isAlone);
  const seconds = ((performance.now() - start) / 1_000).toFixed(0);
  if (!isAlone) console.log(`\n${name}:\n${said}`);
  if (needs !== undefined && code === brokerUnavailable && !brokersRequired) {
    gaps.add(needs);
    console.log(`○ ${name}: not run, ${needs} cannot be started here`);
    return;
  }
  const counts = { passed: 0, failed: 0, failures: marked(said), ...(await count?.(output)) };
  const leftOut = /NOT RUN: (.*)/.exec(output)?.[1];
  if (leftOut !== undefined) {
    gaps.add(`${name}: ${leftOut}`);
    if (brokersRequired) counts.failed++;
  }
  // A step that counts nothing counts as one; one that breaks down counts as a failure whatever it counted.
  if (counts.passed + counts.failed === 0) counts[code === 0 ? 'passed' : 'failed'] = 1;
  else if (code !== 0 && counts.failed === 0) counts.failed = 1;
  total.passed += counts.passed;
  total.failed += counts.failed;
  if (counts.failed > 0) total.failures.push(`✗ ${name}`, ...counts.failures.map((line) => `  ${line}`));
  console.log(`${code === 0 ? '✓' : '✗'} ${name}: ${counts.passed} passed, ${counts.failed} failed in ${seconds} s`);
}

/** What needs a real broker: the suite, and the tests whose path has the provider's name. */
function onBroker(provider, needs) {
  const tests = vitest(
    `live tests of ${provider}`,
    'live',
    `/test/${provider}`,
    `adapters/${provider}/`,
    `packages/${provider}-`,
  );
  return [[conformanceOn(provider, needs)], [{ ...tests, needs }]];
}

/** A server beside the providers: whether it can be started here, then the tests whose path has its name. */
function startable(server, needs) {
  const start = { name: `start of ${server}`, command: ['node', 'scripts/start-once.js', server], needs };
  return [[start], [{ ...vitest(`live tests of ${server}`, 'live', `/test/${server}`), needs }]];
}

/** The first groups of each at the same time, then the second ones: two brokers that mostly wait. */
function sideBySide(one, other) {
  return one.map((group, index) => [...group, ...other[index]]);
}

function conformanceOn(provider, needs, ...options) {
  const command = [...cli, '--provider', provider, ...options];
  return { name: `conformance on ${provider}`, command, count: lastLine, needs };
}

/** The suite on another runtime, which npm fetches: only where it is asked for by name. */
function memoryOn(runtime, version, start) {
  const command = [
    'npm',
    'exec',
    '--yes',
    `--package=${version}`,
    '--',
    ...start,
    ...cli.slice(1),
    '--provider',
    'memory',
  ];
  return { name: `conformance of memory on ${runtime}`, command, count: lastLine, isOptional: true };
}

/** Wrong versions of one provider, which have to be caught. */
function mutantsOf(provider, needs, which = 'all') {
  const command = [...cli, '--provider', provider, '--mutants', which];
  return { name: `mutants of ${provider}`, command, count: lastLine, needs };
}

function vitest(name, project, ...filters) {
  const file = join(folder, `${name.replaceAll(' ', '-')}.json`);
  const command = [
    'npx',
    'vitest',
    'run',
    ...filters,
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ];
  const count = async () => {
    try {
      const report = JSON.parse(await readFile(file, 'utf8'));
      const failures = report.testResults.flatMap(failuresOf);
      return { passed: report.numPassedTests, failed: report.numTotalTests - report.numPassedTests, failures };
    } catch {
      return { passed: 0, failed: 1 };
    }
  };
  return { name, command, count };
}

function lastLine(output) {
  const match = /(\d+) passed, (\d+) failed[^\n]*\s*$/.exec(output);
  return match === null ? { passed: 0, failed: 1 } : { passed: Number(match[1]), failed: Number(match[2]) };
}

/** Of a report of vitest, the tests of one file that failed, each with the first lines of its message. */
function failuresOf({ name, message, assertionResults }) {
  const failed = assertionResults.filter(({ status }) => status === 'failed');
  const lines = failed.flatMap(({ fullName, failureMessages }) => [
    `✗ ${fullName}`,
    ...failureMessages.flatMap((text) => text.split('\n').slice(0, linesKept)),
  ]);
  if (message) lines.push(...message.split('\n').slice(0, linesKept));
  return lines.length === 0 ? [] : [relative(process.cwd(), name), ...lines];
}

/** The lines that say of themselves that they failed, each with the next ones that say why. */
function marked(output) {
  let left = 0;
  return stripVTControlCharacters(output)
    .split('\n')
    .filter((line) => {
      const mark = /^\s*([✗✓○≠])/.exec(line)?.[1];
      if (mark !== undefined) left = mark === '✗' ? linesKept + 1 : 0;
      return left-- > 0;
    });
}

/**
 * Keeps what goes to standard output, where results are, and all that was said, where the reasons are; shows it as it comes
 * if it is to be shown.
 */
function execute([command, ...args], isShown) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let said = '';
    for (const [stream, shownOn] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        if (stream === child.stdout) output += chunk;
        said += chunk;
        if (isShown) shownOn.write(chunk);
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output, said }));
  });
}
