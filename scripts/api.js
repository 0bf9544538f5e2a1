// Writes what every published package exports to api/, or, with --check, fails where a report is no longer true.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { publishedPackages } from './published-packages.js';

const check = process.argv.includes('--check');
const reports = resolve('api');
const drafts = resolve('node_modules/.cache/api');
await mkdir(reports, { recursive: true });
await mkdir(join(drafts, 'new'), { recursive: true });

const problems = [];
const entries = [];
for (const { folder, manifest } of await publishedPackages()) {
  for (const [entry, target] of Object.entries(manifest.exports)) {
    if (target.types === undefined) continue;
    const name = [manifest.name.replace('@isostream/', ''), ...entry.split('/').slice(1)].join('-');
    entries.push({ name, config: configOf(name, resolve(folder), resolve(folder, target.types)) });
  }
}
// One compilation for all entries: most of the time would go into reading the same declarations again.
const [first, ...others] = entries.map(({ config }) => config);
const compilerState = CompilerState.create(first, {
  additionalEntryPoints: others.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath),
});
for (const { name, config } of entries) {
  draft(name, config);
  await compare(`${name}.api.md`);
}
const expected = new Set(entries.map(({ name }) => `${name}.api.md`));
for (const file of await readdir(reports)) {
  if (expected.has(file)) continue;
  if (check) problems.push(`api/${file} belongs to no entry of a published package`);
  else await rm(join(reports, file));
}
for (const problem of problems) console.error(problem);
if (check && problems.length > 0) console.error('run "npm run api", look at what changes for users, and commit it');
process.exitCode = problems.length === 0 ? 0 : 1;

function configOf(name, projectFolder, mainEntryPointFilePath) {
  const silent = { logLevel: ExtractorLogLevel.None };
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder,
      mainEntryPointFilePath,
      compiler: { tsconfigFilePath: join(projectFolder, 'tsconfig.json') },
      apiReport: { enabled: true, reportFileName: name, reportFolder: drafts, reportTempFolder: join(drafts, 'new') },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Warning },
          // Every export is public: a tag on each would say nothing.
          'ae-missing-release-tag': silent,
          // Members whose name and type say it all carry no comment.
          'ae-undocumented': silent,
          // What an entry shows without exporting it is listed in its report, where a change is seen.
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: true },
        },
        tsdocMessageReporting: { default: silent },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(projectFolder, 'package.json'),
  });
}

/** Reports one entry from its compiled declarations. */
function draft(name, config) {
  const { succeeded } = Extractor.invoke(config, {
    localBuild: true,
    compilerState,
    messageCallback: (message) => {
      message.handled = true;
      const serious = message.logLevel === ExtractorLogLevel.Warning || message.logLevel === ExtractorLogLevel.Error;
      if (serious && !message.messageId.startsWith('console-')) {
        problems.push(`${name}: ${message.formatMessageWithLocation(config.projectFolder)}`);
      }
    },
  });
  if (!succeeded && problems.length === 0) problems.push(`${name}: no report could be made`);
}

async function compare(file) {
  const now = await readFile(join(drafts, file), 'utf8');
  const known = await readFile(join(reports, file), 'utf8').catch(() => undefined);
  if (now === known) return;
  if (check) problems.push(`api/${file} ${known === undefined ? 'is missing' : 'is out of date'}`);
  else await writeFile(join(reports, file), now);
}
