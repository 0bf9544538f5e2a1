// Which files of the repository are pages of the site, and where. They stay where they are, so that GitHub shows them too.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { anchors, mapLinks } from './markdown.js';

const repository = 'https://github.com/isostream/isostream';

/** Pages by their file: `docs/errors.md` is at `errors.md`. */
function pages(root) {
  const found = new Map();
  const add = (file, page) => existsSync(join(root, file)) && found.set(file, page);
  add('docs/.vitepress/home.md', 'index.md');
  for (const name of markdown(root, 'docs')) add(`docs/${name}`, name.replace(/(^|\/)README\.md$/, '$1index.md'));
  if (found.has('docs/README.md')) found.set('docs/README.md', 'overview.md');
  for (const [folder, place] of [
    ['packages', 'packages'],
    ['adapters', 'packages'],
    ['examples', 'examples'],
  ])
    for (const name of folders(root, folder)) add(`${folder}/${name}/README.md`, `${place}/${name}.md`);
  add('conformance-tests/README.md', 'packages/conformance.md');
  add('CONTRIBUTING.md', 'contributing.md');
  add('DESIGN.md', 'design.md');
  for (const name of markdown(root, 'api')) add(`api/${name}`, `reference/api/${name.replace('.api.md', '.md')}`);
  return found;
}

function markdown(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(sep).join('/'))
    .filter((name) => name.endsWith('.md') && !name.startsWith('.'))
    .toSorted();
}

function folders(root, folder) {
  return existsSync(join(root, folder)) ? readdirSync(join(root, folder)).toSorted() : [];
}

/** The text of every page with links that hold on the site, and what is wrong with the links. */
export function readPages(root) {
  const found = pages(root);
  const texts = new Map([...found.keys()].map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  const known = new Map();
  const anchorsOf = (file) => {
    if (!known.has(file)) known.set(file, anchors(texts.get(file) ?? readFileSync(join(root, file), 'utf8')));
    return known.get(file);
  };
  const wrong = [];

  const linked = (file, target, line) => {
    if (/^(?:[a-z]+:|\/\/)/i.test(target)) return target;
    const [path, anchor] = target.split('#');
    const to =
      path === ''
        ? file
        : normalize(join(dirname(file), path))
            .split(sep)
            .join('/')
            .replace(/\/$/, '');
    if (to.startsWith('..') || !existsSync(join(root, to))) {
      wrong.push(`${file}:${line}: ${target} is not there`);
      return target;
    }
    const isFolder = statSync(join(root, to)).isDirectory();
    const page = found.get(to) ?? (isFolder ? found.get(`${to}/README.md`) : undefined);
    if (anchor !== undefined && to.endsWith('.md') && !anchorsOf(to).has(anchor))
      wrong.push(`${file}:${line}: ${to} has no heading #${anchor}`);
    const hash = anchor === undefined ? '' : `#${anchor}`;
    if (page !== undefined) return path === '' ? hash : `${between(found.get(file), page)}${hash}`;
    if (to === 'README.md') return between(found.get(file), 'index.md');
    if (/\.(?:svg|png)$/.test(to)) return between(found.get(file), to.replace(/^docs\//, ''));
    return `${repository}/${isFolder ? 'tree' : 'blob'}/main/${to}${hash}`;
  };
  const written = new Map(
    [...texts].map(([file, text]) => [
      found.get(file),
      mapLinks(
        text.replaceAll(/^<!--[\s\S]*?-->\n?/gm, (comment) => comment.replaceAll(/[^\n]/g, '')),
        (target, line) => linked(file, target, line),
      ),
    ]),
  );
  // The home page links by its front matter.
  const places = new Set([...found.values()].map((page) => `/${page.replace(/(?:index)?\.md$/, '')}`));
  for (const [, link] of (texts.get('docs/.vitepress/home.md') ?? '').matchAll(/^ +link: (\S+)$/gm))
    if (!places.has(link)) wrong.push(`docs/.vitepress/home.md: ${link} is not there`);
  return { found, texts, written, wrong };
}

/** From one page to another, as a relative link. */
function between(from, to) {
  const path = relative(dirname(from), to).split(sep).join('/');
  return path.startsWith('.') ? path : `./${path}`;
}
