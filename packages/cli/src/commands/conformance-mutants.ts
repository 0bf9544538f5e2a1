import { type Harness, type Mutant, type MutantReport, mutantsOf, runMutants, scenarios } from '@isostream/conformance';
import { usage } from '../client.ts';
import { writeOutput } from '../output-file.ts';
import { paint, say } from '../terminal.ts';
import { json } from '../visible.ts';
import { told, type TimedReport } from './conformance-run.ts';

/** Runs wrong versions of a provider, and tells of each; `onMutant` gets what its scenarios were, with their histories. */
export function runAllMutants(
  harness: Harness,
  wrong: readonly Mutant[],
  seed: number,
  onMutant?: (mutant: MutantReport, reports: readonly TimedReport[]) => void,
): Promise<MutantReport[]> {
  let own: TimedReport[] = [];
  say(`${wrong.length} wrong versions of ${harness.name}, seed ${seed}`);
  return runMutants({
    harness,
    mutants: wrong,
    scenarios,
    seed,
    // In the time that a broker takes to answer small loads are over before anything goes wrong.
    ...(harness.worker === undefined ? {} : { scale: 1 }),
    ...(onMutant === undefined
      ? {}
      : { onScenario: (report, entries) => void own.push({ ...report, ...told(report, entries) }) }),
    onEnd: (report) => {
      say(describeMutant(report));
      onMutant?.(report, own);
      own = [];
    },
  });
}

/** Wrong versions by name. */
export async function selectMutants(harness: Harness, which: string): Promise<readonly Mutant[]> {
  const all = await mutantsOf(harness);
  if (which === 'all') return all;
  if (which === 'own') {
    if (harness.mutants !== undefined && harness.mutants.length > 0) return harness.mutants;
    throw usage(`${harness.name} has no mutants of its own. Leave "own" out: --mutants runs those of every provider`);
  }
  const wanted = which.split(',');
  for (const name of wanted) {
    if (!all.some((mutant) => mutant.name === name))
      throw usage(
        `${harness.name} has no mutant ${name}. Valid: all, own, ${all.map((mutant) => mutant.name).join(', ')}`,
      );
  }
  return all.filter((mutant) => wanted.includes(mutant.name));
}

function describeMutant({ mutant, verdict, defect, killedBy, alsoFailed, controlFailed }: MutantReport): string {
  const head = `${mutantMarks[verdict]()} ${mutant}: ${defect}. ${killedBy.join('; ')}`;
  const others =
    verdict === 'survived' && alsoFailed.length > 0 ? [`failed, but not to notice this: ${alsoFailed.join('; ')}`] : [];
  const control = controlFailed.map((finding) => `the right version fails as well: ${finding}`);
  return [head, ...[...others, ...control].map((line) => `      ${line}`)].join('\n');
}

const mutantMarks = {
  killed: () => paint('green', '✓ killed  '),
  survived: () => paint('red', '✗ SURVIVED'),
  absent: () => paint('green', '○ absent  '),
  unproven: () => paint('red', '✗ unproven'),
} as const;

export async function writeMutants(file: string, report: object): Promise<void> {
  const text = `${json(report, 2)}\n`;
  if (file === '-') process.stdout.write(text);
  else writeOutput(file, text);
}
