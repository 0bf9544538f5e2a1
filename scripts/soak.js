// The long campaign: on every provider the suite ten times with fresh seeds and every wrong version, the suite on three
// brokers of Kafka, then a hundred thousand simulations. With --hours the suite goes round on all providers for so long instead.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const cli = ['packages/cli/bin/isostream.js', 'conformance'];
const runs = [
  ...['memory', 'kafka', 'kinesis', 'pubsub', 'event-hubs'].flatMap((provider) => [
    { name: `${provider}, ten times`, args: [...cli, '--provider', provider, '--repeat', '10'] },
    { name: `mutants of ${provider}`, args: [...cli, '--provider', provider, '--mutants'] },
  ]),
  { name: 'kafka-replicated, ten times', args: [...cli, '--provider', 'kafka-replicated', '--repeat', '10'] },
  { name: '100,000 simulations', args: ['simulation/dist/main.js', '--seeds', '100000'] },
];

const { values } = parseArgs({ options: { hours: { type: 'string' } } });
if (values.hours !== undefined) {
  const hours = Number(values.hours);
  if (!(hours > 0)) throw new Error(`--hours ${values.hours}: give a number above 0, such as 2 or 0.5`);
  process.exitCode = goRound(hours * 3_600_000) ? 0 : 1;
} else process.exitCode = campaigns() ? 0 : 1;

/** Every campaign once. */
function campaigns() {
  const failed = runs.filter(({ name, args }) => {
    console.log(`\n▶ ${name}`);
    return spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0;
  });
  console.log(`\n${runs.length - failed.length} campaigns passed, ${failed.length} failed`);
  for (const { name } of failed) console.log(`✗ ${name}`);
  return failed.length === 0;
}

/** The suite on one provider after the other, until the time is over; every round has fresh seeds. */
function goRound(ms) {
  const end = Date.now() + ms;
  const lost = [];
  let rounds = 0;
  for (; Date.now() < end; rounds++) {
    for (const provider of ['memory', 'kafka', 'kinesis', 'pubsub', 'event-hubs']) {
      if (rounds > 0 && Date.now() >= end) break;
      const seed = String(Math.floor(Math.random() * 1_000_000));
      console.log(`\n▶ round ${rounds + 1}, ${provider}, seed ${seed}`);
      const { status } = spawnSync(process.execPath, [...cli, '--provider', provider, '--seed', seed], {
        stdio: 'inherit',
      });
      if (status !== 0) lost.push(`--provider ${provider} --seed ${seed}`);
    }
  }
  console.log(`\n${rounds} rounds, ${lost.length} runs failed`);
  for (const run of lost) console.log(`✗ npm run conformance -- ${run}`);
  return lost.length === 0;
}
