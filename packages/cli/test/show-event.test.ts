import { eventJson, eventLine, viewOf } from '@isostream/operations';
import { describe, expect, it } from 'vitest';
import { table } from '../src/terminal.ts';
import { json, visible, visibleJson, visibleLines } from '../src/visible.ts';

const event = { key: 'o-1', headers: [] as readonly (readonly [string, Buffer | string])[], time: new Date(0) };

describe('what a terminal would obey', () => {
  const hostile = [
    '\u001b[2J',
    '\u001b]0;title\u0007',
    '\u009b31m',
    '\u0007',
    '\r',
    '\n',
    '\u202e',
    '\u2066',
    '\u200b',
    '\u2028',
    '\u007f',
    '\ud800',
    '\u{e0041}',
  ];

  it.each(hostile)('is written as an escape, wherever it stands: %j', (text) => {
    const given = {
      ...event,
      key: `k${text}`,
      value: Buffer.from(`v${text.toWellFormed()}`),
      headers: [
        ['ce_specversion', '1.0'],
        ['ce_type', `t${text}`],
        [`h${text}`, text],
      ] as const,
    };
    const place = { partition: `p${text}`, position: `q${text}` };
    for (const shown of [
      visible(eventLine(viewOf(given, place))),
      visibleJson(eventJson(viewOf(given, place))),
      table(['a'], [[text]]).split('\n')[1] ?? '',
      visible(text),
    ])
      expect(shown).toMatch(/^[\x20-\x7e\ufffd]*$/);
    expect(JSON.parse(json({ text }))).toEqual({ text });
  });

  it('leaves our own lines and colours, and letters of all languages', () => {
    expect(visibleLines('\u001b[31merror\u001b[39m a\nb \u001b[2J')).toBe('\u001b[31merror\u001b[39m a\nb \\u001b[2J');
    expect(visible('é 漢字 עברית 😀')).toBe('é 漢字 עברית 😀');
  });
});
