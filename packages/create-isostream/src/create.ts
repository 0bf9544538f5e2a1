import { basename, relative, resolve } from 'node:path';
import { adapterFiles } from './adapter-project.ts';
import { type Given, frameworkNames, oneOf, providerNames, WrongArgument } from './arguments.ts';
import { existingFiles, writeNewFiles } from './files.ts';
import { projectFiles } from './project.ts';
import { brokerStep } from './steps.ts';

/** Asks the person at the terminal; the answer may be empty. */
export type Ask = (question: string) => Promise<string>;

interface Plan {
  readonly files: (name: string) => Readonly<Record<string, string>>;
  readonly is: string;
  /** Commands after `npm test`. */
  readonly afterwards: readonly string[];
}

/** Writes the project that was asked for and returns what to say; without `ask`, what is not given has its default. */
export async function create(given: Given, ask?: Ask): Promise<string> {
  const isAdapter = given.isAdapter === true;
  const folder = given.folder ?? (await answer(ask, 'Folder', isAdapter ? 'my-adapter' : 'orders'));
  const plan = isAdapter ? anAdapter : await aService(given, ask);
  const path = resolve(folder);
  const files = plan.files(packageName(basename(path)));
  const there = existingFiles(path, files);
  if (there.length > 0)
    throw new WrongArgument(`${folder} has ${there.join(', ')} already, and nothing was written. Use another folder`);
  writeNewFiles(path, files);
  const way = relative(process.cwd(), path);
  const steps = [
    ...(way === '' ? [] : [`cd ${/\s/.test(way) ? `'${way}'` : way}`]),
    'npm install',
    'npm test',
    ...plan.afterwards,
  ];
  return `Wrote ${Object.keys(files).length} files to ${way === '' ? 'this folder' : way}: ${plan.is}. Next:\n\n${steps.map((step) => `  ${step}\n`).join('')}\nREADME.md there says what to try.\n`;
}

const anAdapter: Plan = {
  files: (name) => adapterFiles({ name }),
  is: 'an adapter on a service in memory, to be replaced by yours',
  afterwards: ['npm run conformance'],
};

async function aService(given: Given, ask: Ask | undefined): Promise<Plan> {
  const framework =
    given.framework ??
    oneOf('framework', await answer(ask, `Framework (${frameworkNames.join(', ')})`, 'plain'), frameworkNames);
  const provider =
    given.provider ??
    oneOf('provider', await answer(ask, `Provider (${providerNames.join(', ')})`, 'memory'), providerNames);
  return {
    files: (name) => projectFiles({ name, framework, provider }),
    is: `${framework} on ${provider}`,
    afterwards: [...brokerStep(provider), 'npm start'],
  };
}

async function answer(ask: Ask | undefined, question: string, usual: string): Promise<string> {
  const said = (await ask?.(`${question} [${usual}]: `))?.trim() ?? '';
  return said === '' ? usual : said;
}

/** What npm takes as a name, as near to the folder's as it gets. */
export function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[._-]+|-+$/g, '');
  return name === '' ? 'orders' : name;
}
