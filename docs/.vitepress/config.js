import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { slug } from '../../scripts/docs/markdown.js';

// Written by scripts/docs.js.
const sidebar = JSON.parse(readFileSync(new URL('../../.docs/sidebar.json', import.meta.url), 'utf8'));
const first = (heading) => sidebar.find(({ text }) => text === heading)?.items[0].link;

/** `<br>` in cells of tables, which Markdown has no other word for. */
const breaks = (markdown) =>
  markdown.inline.ruler.push('br', (state, isSilent) => {
    if (!state.src.startsWith('<br>', state.pos)) return false;
    if (!isSilent) state.push('hardbreak', 'br', 0);
    state.pos += 4;
    return true;
  });

/** Three streams, side by side. */
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><g fill="none" stroke="#5672cd" stroke-width="2"><path d="M1 4h14M1 8h14M1 12h14"/></g></svg>`;

export default defineConfig({
  title: 'isostream',
  description:
    'One event-streaming API for Node.js services, with a conformance suite that checks the same promises on every provider',
  lang: 'en',
  srcDir: '../.docs/pages',
  outDir: '../.docs/site',
  cacheDir: '../.docs/cache',
  cleanUrls: false,
  metaChunk: true,
  // Anchors as GitHub makes them, so that one link holds on both.
  markdown: {
    html: false,
    anchor: { slugify: slug },
    theme: { light: 'github-light', dark: 'github-dark' },
    config: breaks,
  },
  head: [
    ['meta', { name: 'color-scheme', content: 'light dark' }],
    // In the page itself: browsers ask for one where none is named.
    ['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(icon)}` }],
  ],
  themeConfig: {
    sidebar: sidebar.map((section) => ({ ...section, collapsed: false })),
    nav: ['Tutorial', 'Guides', 'Reference'].flatMap((heading) =>
      first(heading) === undefined ? [] : [{ text: heading, link: first(heading) }],
    ),
    outline: { level: [2, 3] },
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: 'https://github.com/isostream/isostream' }],
  },
});
