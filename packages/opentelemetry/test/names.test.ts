import * as published from '@opentelemetry/semantic-conventions/incubating';
import { expect, it } from 'vitest';
import { names } from '../src/names.ts';

it('the names are those of the published semantic conventions', () => {
  const known = new Set<unknown>(Object.values(published));
  expect(Object.values(names).filter((name) => !known.has(name))).toEqual([]);
});
