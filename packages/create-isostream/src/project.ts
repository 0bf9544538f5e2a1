import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FrameworkName, frameworks, ours } from './frameworks.ts';
import { configFile, providerStarts, type TemplateProvider } from './providers.ts';
import { readme } from './readme.ts';

/** What a new project is to be. */
export interface ProjectChoice {
  /** The name in its package.json. */
  readonly name: string;
  readonly framework: FrameworkName;
  readonly provider: TemplateProvider;
}

const templates = fileURLToPath(new URL('../templates', import.meta.url));

/** The files of a new service, by their paths: topics, a consumer, HTTP, probes and metrics, and a test. */
export function projectFiles(choice: ProjectChoice): Readonly<Record<string, string>> {
  const { framework, provider } = choice;
  return {
    'package.json': json(manifest(choice)),
    'tsconfig.json': json(compiler(framework)),
    'isostream.json': configFile(provider),
    'README.md': readme(choice),
    '.gitignore': 'node_modules/\ndist/\n',
    ...Object.fromEntries(frameworks[framework].parts.flatMap(templateFiles)),
  };
}

/** The sources of one template. */
export function templateFiles(part: string): readonly (readonly [path: string, text: string])[] {
  return readdirSync(join(templates, part, 'src')).map((name) => [
    `src/${name}`,
    readFileSync(join(templates, part, 'src', name), 'utf8'),
  ]);
}

function manifest({ name, framework, provider }: ProjectChoice): object {
  const { dependencies, devDependencies } = { devDependencies: {}, ...frameworks[framework] };
  const packages = Object.fromEntries(
    providerStarts[provider].packages.map((one) => [one, one.startsWith('@isostream/') ? ours : azureIdentity]),
  );
  return {
    name,
    version: '0.0.0',
    private: true,
    type: 'module',
    engines: { node: '>=20.19' },
    scripts: { build: 'tsc', start: 'tsc && node dist/main.js', test: 'tsc && node --test dist/*.test.js' },
    dependencies: resolved({
      isostream: ours,
      '@isostream/prometheus': ours,
      zod: '^4.0.0',
      ...dependencies,
      ...packages,
    }),
    devDependencies: resolved({
      '@isostream/memory': ours,
      '@isostream/testing': ours,
      '@types/node': '^20.19.0',
      typescript: '^7.0.2',
      ...devDependencies,
    }),
  };
}

const azureIdentity = '^4.0.0';

/** In order of their names, each of ours in the version of this package. */
export function resolved(ranges: Readonly<Record<string, string>>): object {
  const own = `^${version()}`;
  return Object.fromEntries(
    Object.entries(ranges)
      .map(([key, range]) => [key, range === ours ? own : range] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}

function compiler(framework: FrameworkName): object {
  const { compilerOptions } = { compilerOptions: {}, ...frameworks[framework] };
  return {
    compilerOptions: {
      target: 'es2022',
      module: 'nodenext',
      types: ['node'],
      strict: true,
      skipLibCheck: true,
      rootDir: 'src',
      outDir: 'dist',
      sourceMap: true,
      ...compilerOptions,
    },
    include: ['src'],
  };
}

/** All packages of isostream have one version, that of this one. */
function version(): string {
  const own: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const text: unknown = typeof own === 'object' && own !== null && 'version' in own ? own.version : undefined;
  return typeof text === 'string' ? text : '0.0.0';
}

/** A file of JSON. */
export function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
