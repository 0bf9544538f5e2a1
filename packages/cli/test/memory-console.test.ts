import { expect, it } from 'vitest';
import { walkConsole } from './support/console-walk.ts';

it.each(['memory:walked-console', 'memory:walked-alone?settlement=individual'])(
  'each page of the console has what %s can tell, and says what it cannot',
  async (url) => {
    await expect(walkConsole(url)).resolves.toBeUndefined();
  },
);
