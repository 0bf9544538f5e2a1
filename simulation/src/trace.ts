import type { Entry } from '@isostream/conformance/checks';
import type { Findings } from '@isostream/conformance';

/** One line an entry, in virtual milliseconds. */
export function traceLines(entries: readonly Entry[]): string[] {
  return entries.map((entry) => `${entry.at.toFixed(0).padStart(8)}  ${describe(entry)}`);
}

export function findingLines(findings: Findings): string[] {
  return Object.entries(findings).flatMap(([check, found]) => found.map((line) => `${check}: ${line}`));
}

function describe(entry: Entry): string {
  switch (entry.kind) {
    case 'send':
      return `send ${entry.id}`;
    case 'sent':
      return `sent ${entry.id} at ${entry.partition}/${entry.position}`;
    case 'send-failed':
      return `send-failed ${entry.id} ${entry.code} ${entry.outcome}`;
    case 'doubt':
      return `doubt about ${entry.events} events`;
    case 'assign':
    case 'revoke':
    case 'lost':
      return `${entry.kind} ${entry.partition} ${entry.member} assignment ${entry.assignment}`;
    case 'read':
      return `read ${entry.partition} ${entry.member} assignment ${entry.assignment}: ${entry.events} events`;
    case 'deliver':
      return `deliver ${entry.id} at ${entry.partition}/${entry.position} ${entry.member} assignment ${entry.assignment} attempt ${entry.attempt}`;
    case 'settle':
      return `settle ${entry.id} ${entry.result} ${entry.member} assignment ${entry.assignment} attempt ${entry.attempt}`;
    case 'aborted':
      return `aborted ${entry.id} ${entry.code} ${entry.member} assignment ${entry.assignment} attempt ${entry.attempt}`;
    case 'commit':
    case 'told':
      return `${entry.kind} ${entry.partition}/${entry.position} ${entry.member} assignment ${entry.assignment}`;
    case 'commit-failed':
      return `commit-failed ${entry.partition} ${entry.member} assignment ${entry.assignment} ${entry.code}`;
    case 'dead':
      return `dead ${entry.id} after ${entry.attempts} attempts: ${entry.code}`;
    case 'stored':
      return `stored ${entry.id} in ${entry.partition}`;
    case 'broken':
      return `${entry.connections} connections broken`;
    case 'fault':
      return `fault ${entry.name}`;
    case 'mark':
      return entry.name;
    case 'closed':
      return `closed ${entry.member}`;
  }
}
