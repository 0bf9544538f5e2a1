import { appendFile, readFile } from 'node:fs/promises';
import {
  compareReports,
  githubAnnotations,
  githubSummary,
  html,
  junit,
  readReport,
  reportProblem,
  type ReportDocument,
} from '@isostream/conformance';
import type { Command } from 'commander';
import { usage } from '../client.ts';
import { writeOutput } from '../output-file.ts';
import { paint, print, say } from '../terminal.ts';

/** Where a run is written to. */
export interface Outputs {
  readonly json?: string;
  readonly html?: string;
  readonly junit?: string;
  readonly github?: boolean;
}

export function withOutputOptions(command: Command): void {
  command
    .option('--json <file>', 'write the report, - for standard output')
    .option('--html <file>', 'write the report as one HTML file, with a timeline of every history')
    .option('--junit <file>', 'write the report as JUnit XML')
    .option('--github', 'print annotations for GitHub Actions, and write the step summary');
}

/** What a run of wrong versions can be written to: one page, each wrong version beside the others. */
export async function writeMutantPage(reports: readonly ReportDocument[], file: string): Promise<void> {
  await writeText(file, html(reports));
}

/** Whether histories have to be kept: they are large. */
export function hasTimelines({ json, html: page }: Outputs): boolean {
  return json !== undefined || page !== undefined;
}

export async function writeReport(report: ReportDocument, outputs: Outputs): Promise<void> {
  if (outputs.html !== undefined) await writeText(outputs.html, html([report]));
  if (outputs.junit !== undefined) await writeText(outputs.junit, junit(report));
  if (outputs.json !== undefined) await writeText(outputs.json, `${JSON.stringify(report)}\n`);
  if (outputs.github === true) {
    for (const annotation of githubAnnotations(report)) say(annotation);
    const summary = process.env['GITHUB_STEP_SUMMARY'];
    if (summary !== undefined) await appendFile(summary, githubSummary(report));
  }
}

/** What is done with reports of runs that are over. */
export function addReportCommands(conformance: Command): void {
  // `--html` and `--json` are options of runs as well.
  conformance.enablePositionalOptions();
  conformance
    .command('report')
    .description('combine JSON reports of several runs into one HTML file')
    .argument('<files...>', 'reports that --json wrote')
    .requiredOption('--html <file>', 'the file to write')
    .action(async (files: readonly string[], options: { readonly html: string }) => {
      const reports = await Promise.all(files.map(read));
      await writeText(options.html, html(reports));
      say(`${options.html}: ${reports.map(({ provider }) => provider).join(', ')}`);
    });
  conformance
    .command('compare')
    .description('compare two runs; exit code 1 if anything got worse')
    .argument('<before>', 'a report that --json wrote')
    .argument('<after>', 'another one')
    .option('--json', 'print JSON for programs')
    .action(async (before: string, after: string, options: { readonly json?: boolean }) => {
      const changes = compareReports(await read(before), await read(after));
      if (options.json === true) print(JSON.stringify(changes));
      else if (changes.length === 0) print('every scenario ended as before');
      for (const change of options.json === true ? [] : changes) {
        const mark = change.isWorse ? paint('red', '✗', process.stdout) : paint('green', '✓', process.stdout);
        print(`${mark} ${change.scenario}: ${change.before} → ${change.after}  ${change.title}`);
      }
      if (changes.some(({ isWorse }) => isWorse)) process.exitCode = 1;
    });
}

async function read(file: string): Promise<ReportDocument> {
  const refuse = (why: string): Error =>
    usage(`${file}: ${why}. Write a report with "isostream conformance --json <file>"`);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw refuse(isAbsent ? 'there is no such file' : 'it cannot be read');
  });
  if (text.trim() === '') throw refuse('it is empty, as after a run that did not end');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('it is not JSON');
  }
  const report = readReport(value);
  if (report === undefined) throw refuse(reportProblem(value) ?? 'it is not a report');
  return report;
}

async function writeText(file: string, text: string): Promise<void> {
  if (file === '-') process.stdout.write(text);
  else writeOutput(file, text);
}
