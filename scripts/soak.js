// The long campaign: on every provider the suite ten times with fresh seeds and every wrong version, the suite on three
// brokers of Kafka, then a hundred thousand simulations.
import { spawnSync } from 'node:child_process';

const cli = ['packages/cli/bin/isostream.js', 'conformance'];
const runs = [
  ...['memory', 'kafka', 'kinesis', 'pubsub', 'event-hubs'].flatMap((provider) => [
    { name: `${provider}, ten times`, args: [...cli, '--provider', provider, '--repeat', '10'] },
    { name: `mutants of ${provider}`, args: [...cli, '--provider', provider, '--mutants'] },
  ]),
  { name: 'kafka-replicated, ten times', args: [...cli, '--provider', 'kafka-replicated', '--repeat', '10'] },
  { name: '100,000 simulations', args: ['conformance-tests/dist/simulation/main.js', '--seeds', '100000'] },
];

const failed = runs.filter(({ name, args }) => {
  console.log(`\n▶ ${name}`);
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0;
});
console.log(`\n${runs.length - failed.length} campaigns passed, ${failed.length} failed`);
for (const { name } of failed) console.log(`✗ ${name}`);
process.exitCode = failed.length === 0 ? 0 : 1;
