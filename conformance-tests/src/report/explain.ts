import type { Entry } from '../history/entry.ts';

/** What a violation of each check means for an application. */
const meanings: Readonly<Record<string, string>> = {
  'all delivered': 'Its sender was told that it is stored, and no handler of the group finished it: it is lost',
  'nothing else is delivered': 'A handler was given an event that nobody had sent to this topic',
  'exactly once': 'Nothing was broken, and handlers were given the event twice as a first attempt',
  'every send answered': 'A send has to end once: with a receipt or with an error',
  'honest sends': 'The outcome that the sender was told is not what became of the event',
  'receipts name the place': 'The event came from another place than its receipt names',
  'positions are unique': 'Two events have the same partition and position',
  'positions grow': 'A later event of the key has a lower position than an earlier one',
  'stable partition': 'Events of one key lie in two partitions, so that nobody keeps their order',
  'order per key': 'A later event of the key was handed out before an earlier one',
  'after predecessors': 'An event was handed out while one in front of it, of the same key, was not settled',
  'single flight per key': 'Two handlers of one key ran at the same time',
  'attempts count': 'Attempts of an event have to count 1, 2, 3',
  'contiguous commits': 'A position was committed before everything below it was settled: a crash now loses events',
  'monotonic commits': 'A committed position went back',
  'no commit by a former owner': 'A member committed for a partition that had another owner by then',
  'no commit after the end': 'A member committed for a partition that it had given up',
  'no handler starts late': 'A handler started at a member that did not hold the partition any more',
  'repeats are suffixes': 'What came again came in another order than it is stored, or with a hole',
  'repeats were uncommitted': 'An event came again after its position was committed',
  'signals tell of losses': 'A handler ran on after its partition was lost, and its signal did not say so',
  'fencing tokens grow': 'A later owner has a lower fencing token, so a store would refuse the wrong one',
  waits: 'The scenario waited for something that did not happen',
  consumers: 'A consumer ended with an error that it should have survived',
  process: 'An error was handled by nobody: it would end most programs',
  'enough traffic': 'Too little happened for the other checks to say anything',
  'traffic during the fault': 'Too little was sent while something was broken, so the fault shows nothing',
  'the fault bit': 'What was to be broken had no effect, so the scenario shows nothing',
};

/** Events named in one explanation, and steps told of each. */
const most = { events: 2, steps: 8 } as const;

/**
 * A finding in a sentence: what it means, and what happened to the first events that it names, by milliseconds from the
 * beginning of the history. Pure; `undefined` where nothing is known beyond the finding itself.
 */
export function explain(check: string, finding: string, history: readonly Entry[]): string | undefined {
  const meaning = meanings[check];
  const stories = namedIn(finding, history)
    .slice(0, most.events)
    .map((id) => storyOf(id, history));
  const parts = [...(meaning === undefined ? [] : [meaning]), ...stories];
  return parts.length === 0 ? undefined : `${parts.join('. ')}.`;
}

/** Explanations of all findings, by check and finding. */
export function explainAll(
  failures: Readonly<Record<string, readonly string[]>>,
  history: readonly Entry[],
): readonly Explanation[] {
  return Object.entries(failures).flatMap(([check, findings]) =>
    findings.flatMap((finding) => {
      const text = explain(check, finding, history);
      return text === undefined ? [] : [{ check, finding, text }];
    }),
  );
}

export interface Explanation {
  readonly check: string;
  readonly finding: string;
  readonly text: string;
}

/** Ids of events that a finding speaks of: by themselves, or as "key: number after number". */
function namedIn(finding: string, history: readonly Entry[]): readonly string[] {
  const known = new Set(
    history.flatMap((entry) => (entry.kind === 'send' || entry.kind === 'deliver' ? [entry.id] : [])),
  );
  const pairs = [...finding.matchAll(/(\S+): (\d+)(?: \S+){1,6}? (\d+)/g)].flatMap(([, key, one, other]) => [
    `${key}#${one}`,
    `${key}#${other}`,
  ]);
  return [...new Set([...pairs, ...finding.split(/[\s,;()]+/)])].filter((id) => known.has(id));
}

function storyOf(id: string, history: readonly Entry[]): string {
  const from = history[0]?.at ?? 0;
  const steps = history.flatMap((entry) => {
    if (!('id' in entry) || entry.id !== id) return [];
    const said = stepOf(entry);
    return said === undefined ? [] : [`${said} at ${Math.round(entry.at - from)} ms`];
  });
  const left = steps.length - most.steps;
  const told = left > 0 ? [...steps.slice(0, most.steps), `and ${left} steps more`] : steps;
  return `${id} was ${told.join(', ')}`;
}

function stepOf(entry: Extract<Entry, { readonly id: string }>): string | undefined {
  switch (entry.kind) {
    case 'send':
      return 'sent';
    case 'sent':
      return entry.partition === undefined ? 'acknowledged' : `acknowledged in partition ${entry.partition}`;
    case 'send-failed':
      return `answered with ${entry.code}`;
    case 'deliver':
      return `given to ${entry.member} (attempt ${entry.attempt})`;
    case 'settle':
      return `${{ ok: 'settled', retry: 'failed', reject: 'rejected' }[entry.result]} by ${entry.member}`;
    case 'aborted':
      return `aborted by its signal (${entry.code})`;
    case 'dead':
      return 'dead-lettered';
    case 'stored':
      return undefined;
  }
}
