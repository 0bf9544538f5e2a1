import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import type { ReportDocument } from './document.ts';

/** Compiled for browsers, beside what is compiled for Node.js. */
const page = new URL('../../dist/page/', import.meta.url);

/**
 * Runs as one HTML file: a matrix of clauses and providers, every scenario with its figures, and a timeline of each history.
 * It loads nothing from anywhere. Histories are compressed, and unpacked when they are looked at.
 */
export function html(reports: readonly ReportDocument[]): string {
  const packed = reports.map((report) => ({
    ...report,
    scenarios: report.scenarios.map(({ timeline, ...scenario }) => ({
      ...scenario,
      ...(timeline === undefined ? {} : { timeline: deflateRawSync(JSON.stringify(timeline)).toString('base64') }),
    })),
  }));
  // Nothing in it can end the script that holds it.
  const data = JSON.stringify(packed).replaceAll('<', '\\u003c');
  const script = ['timeline.js', 'main.js']
    .map((file) => inlined(readFileSync(new URL(file, page), 'utf8')))
    .join('\n');
  const style = readFileSync(new URL('../../page/style.css', import.meta.url), 'utf8');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>isostream conformance</title>
<style>${style}</style>
<body>
<noscript>This report needs JavaScript to be shown. The same results are in the JSON report.</noscript>
<main id="report"></main>
<script type="application/json" id="data">${data}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

/** Modules one after the other in one script: each comes before those that import it. */
function inlined(module: string): string {
  return module
    .replaceAll(/^import .*$/gm, '')
    .replaceAll(/^export (?=function)/gm, '')
    .replaceAll(/^\/\/# sourceMappingURL=.*$/gm, '');
}
