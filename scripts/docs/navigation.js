// The order of the pages is that of docs/README.md, so that the site and GitHub agree.
import { join, normalize } from 'node:path';
import { tablesOfLinks, title } from './markdown.js';

/** The groups of the sidebar, and the pages that nobody finds there. */
export function navigation({ found, texts }) {
  const reached = new Set(['docs/README.md', 'docs/.vitepress/home.md', 'docs/decisions/README.md']);
  const item = (file, text) => {
    reached.add(file);
    return { text, link: `/${found.get(file)?.replace(/(?:index)?\.md$/, '')}` };
  };
  const sections = tablesOfLinks(texts.get('docs/README.md') ?? '').map(({ heading, links }) => ({
    text: heading,
    items: links.map(({ name, target }) => item(resolved('docs', target), name)),
  }));
  const under = (heading, items) => sections.find(({ text }) => text === heading)?.items.push(...items);
  const all = (pattern, heading, text, named) => {
    const files = [...found.keys()].filter((file) => pattern.test(file));
    if (files.length === 0) return;
    const items = files.map((file) => item(file, named(title(texts.get(file)))));
    under(heading, [{ text, collapsed: true, items }]);
  };
  all(/^examples\//, 'Guides', 'Examples', (name) => name);
  all(/^(?:packages|adapters|conformance-tests)\//, 'Reference', 'Packages', (name) => name);
  all(/^api\//, 'Reference', 'API of every package', (name) => name.replace(/.*"(.*)".*/, '$1'));
  all(/^docs\/decisions\/\d/, 'Decision records', 'All records', (name) => name);
  const orphans = [...found.keys()].filter((file) => !reached.has(file));
  return { sections, orphans };
}

/** A folder stands for its README. */
function resolved(folder, target) {
  const path = normalize(join(folder, target)).split('\\').join('/');
  return path.endsWith('/') ? `${path}README.md` : path;
}
