import { figures, goalText, type Report, settingOf, short } from './report.ts';
import type { Row } from './row.ts';
import type { Spread } from './spread.ts';

/** A run as one HTML file that loads nothing: a pair of bars for each figure, and its ratio beside the goal. */
export function html(report: Report): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>isostream benchmark: ${text(report.provider)}</title>
<style>${style}</style>
<body>
<h1>isostream benchmark: ${text(report.provider)}</h1>
<p>${text(settingOf(report))}. ${text(report.environment.date)}.</p>
<ul>${report.notes.map((note) => `<li>${text(note)}</li>`).join('')}</ul>
<p>Bars are medians, lines go from the smallest to the largest round. A ratio is isostream ÷ reference, round by round.</p>
${report.rows.map(section).join('\n')}
</body>
</html>
`;
}

function section(row: Row): string {
  const { measurement, unit, against, reference, isostream, ratio, goal, met } = row;
  const top = Math.max(isostream.max, reference?.max ?? 0);
  const verdict =
    met === undefined ? '' : `<strong class="${met ? 'met' : 'missed'}">${met ? 'met' : 'missed'}</strong>`;
  const judged = ratio === undefined ? '' : `ratio ${figures(ratio)}`;
  const wanted = goal === undefined ? '' : `goal ${goalText(goal)}`;
  return `<section>
<h2>${text(measurement)} <small>${text(unit)}</small></h2>
${bar('isostream', isostream, top, 'own')}
${reference === undefined ? '' : bar(against ?? 'reference', reference, top, 'other')}
<p>${[judged, wanted, verdict].filter((part) => part !== '').join(' · ')}</p>
</section>`;
}

function bar(name: string, spread: Spread, top: number, kind: string): string {
  const at = (value: number): string => `${top > 0 ? Math.max(0, (value / top) * 100).toFixed(2) : 0}%`;
  const range = `left:${at(spread.min)};width:calc(${at(spread.max)} - ${at(spread.min)})`;
  return `<div class="line"><span>${text(name)}</span><div class="scale" role="img" aria-label="${text(name)}: ${figures(spread)}"><div class="bar ${kind}" style="width:${at(spread.median)}"></div><div class="range" style="${range}"></div></div><b>${short(spread.median)}</b></div>`;
}

function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

const style = `
:root { color-scheme: light dark; --text: light-dark(#1c2430, #e6e9ee); --quiet: light-dark(#5b6675, #9aa5b4);
  --back: light-dark(#fff, #14181e); --track: light-dark(#eef1f5, #232a33); --own: light-dark(#1f6feb, #58a6ff);
  --other: light-dark(#a6b0bd, #5f6b7a); --met: light-dark(#1a7f37, #3fb950); --missed: light-dark(#b42318, #ff7b72); }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem } h2 { font-size: 1rem; margin: 0 0 .4rem } small, li, p { color: var(--quiet) }
section { border-top: 1px solid var(--track); padding: .9rem 0 .2rem } section p { margin: .3rem 0 }
.line { display: grid; grid-template-columns: minmax(7rem, 17rem) 1fr 6rem; gap: .8rem; align-items: center; margin: .15rem 0 }
.line b { text-align: right; font-variant-numeric: tabular-nums } .scale { position: relative; height: 1.1rem; background: var(--track); border-radius: 3px }
.bar { height: 100%; border-radius: 3px } .own { background: var(--own) } .other { background: var(--other) }
.range { position: absolute; top: 50%; height: 2px; min-width: 2px; background: var(--text) }
.met { color: var(--met) } .missed { color: var(--missed) }
@media (max-width: 40rem) { .line { grid-template-columns: 1fr 5rem } .line span { grid-column: 1 / -1 } }
`;
