import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, readObject, textOf } from './project-files.ts';

/** Files that Node reads as CommonJS, and that are written as modules. */
export function moduleFindings(folder: string, manifest: object): readonly Finding[] {
  if (textOf(manifest, 'type') === 'module' || existsSync(join(folder, 'tsconfig.json'))) return [];
  const wrong = ['.', 'src'].flatMap((place) => scripts(folder, place)).filter((file) => isModule(join(folder, file)));
  if (wrong.length === 0) return [];
  const [those, are] = wrong.length === 1 ? ['it', 'is'] : ['them', 'are'];
  const detail = `${wrong.join(', ')} ${are} written with import, which Node takes only from modules. Add "type": "module" to package.json, or name ${those} .mjs`;
  return [{ what: 'modules', state: 'failed', detail }];
}

function scripts(folder: string, place: string): readonly string[] {
  const at = join(folder, place);
  if (!existsSync(at)) return [];
  return readdirSync(at)
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(place, name));
}

function isModule(file: string): boolean {
  return /^\s*import\s(?:[\w*{][^'"]*from\s*)?['"](?:isostream|@isostream\/[\w-]+)['"]/m.test(
    readFileSync(file, 'utf8'),
  );
}

/** The oldest compiler that reads the declarations. */
const oldest = [5, 4] as const;

/** A compiler that is too old, or that looks for modules in a way that does not know the entries of packages. */
export function compilerFindings(folder: string): readonly Finding[] {
  const version = textOf(readObject(join(folder, 'node_modules/typescript/package.json')), 'version');
  const [major = 0, minor = 0] = (version ?? oldest.join('.')).split('.').map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1]))
    return [
      failed(
        `${version} is too old for the types. Install ${oldest.join('.')} or newer: npm install --save-dev typescript@latest`,
      ),
    ];
  const file = join(folder, 'tsconfig.json');
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8').replaceAll(/("(?:[^"\\\n]|\\.)*")|\/\*[\s\S]*?\*\/|\/\/.*$/gm, '$1');
  const cure =
    'does not find @isostream/core/adapter and the like. Set "module": "nodenext", or "moduleResolution": "bundler"';
  const resolution = /"moduleResolution"\s*:\s*"([^"]*)"/.exec(text)?.[1];
  if (resolution !== undefined)
    return /^(?:node|node10|classic)$/i.test(resolution)
      ? [failed(`moduleResolution "${resolution}" in tsconfig.json ${cure}`)]
      : [];
  const module = /"module"\s*:\s*"([^"]*)"/.exec(text)?.[1];
  // Until TypeScript 6 these have an old way of looking by default.
  // What it extends may say how to look.
  const isOld =
    !/"extends"\s*:/.test(text) &&
    version !== undefined &&
    major < 6 &&
    module !== undefined &&
    !/^(?:node|preserve)/i.test(module);
  return isOld ? [failed(`module "${module}" in tsconfig.json, without moduleResolution, ${cure}`)] : [];
}

function failed(detail: string): Finding {
  return { what: 'typescript', state: 'failed', detail };
}
