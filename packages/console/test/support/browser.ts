import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const known = [
  process.env['ISOSTREAM_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The browser of this machine; `undefined` where it has none. */
const chromiumPath: string | undefined = known.find((path) => path !== undefined && existsSync(path));

/** A real Chromium that loads nothing by itself. */
export function launch(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', ...args],
  });
}
