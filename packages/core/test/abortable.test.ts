import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { abortable } from '../src/time/abortable.ts';

test('gives a call nothing to be given up by if there is no signal', () => {
  expect(abortable(undefined)).toEqual({});
});

test('lets any number of calls listen to one signal, where Node warns of eleven', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  const { signal } = new AbortController();
  expect(abortable(signal)).toEqual({ abortSignal: signal });
  for (let call = 0; call < 11; call++) signal.addEventListener('abort', () => {});
  await setImmediate();
  process.off('warning', note);
  expect(warnings).toEqual([]);
});
