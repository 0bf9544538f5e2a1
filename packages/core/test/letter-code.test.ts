import { expect, it } from 'vitest';
import { encodeLetter, openLetter } from '../src/dead-letter/letter.ts';
import { NonRetryableError } from '../src/errors/stream-error.ts';
import { failureError } from '../src/retry/policy.ts';
import { capabilities } from './support/capabilities.ts';
import { ScriptedAssignment } from './support/scripted-source.ts';

const stored = new ScriptedAssignment('0', '1').stored('a1');

it.each([
  ['the code of the application', Object.assign(new Error('no answer'), { code: 'DB_DOWN' }), 'DB_DOWN'],
  [
    'that of the error that a NonRetryableError was made from',
    new NonRetryableError('declined', { cause: Object.assign(new Error('402'), { code: 'card-declined' }) }),
    'card-declined',
  ],
  ['handler-failed for an error without one', new Error('no answer'), 'handler-failed'],
  [
    'handler-failed for a code that is no name',
    Object.assign(new Error('no answer'), { code: 'two words' }),
    'handler-failed',
  ],
  ['handler-failed for what is no error', 'thrown text', 'handler-failed'],
])('a letter says %s', (_, thrown, code) => {
  const details = {
    topic: 'orders',
    group: 'billing',
    error: failureError(thrown),
    attempts: 1,
    firstFailure: 0,
    lastFailure: 0,
    now: 0,
  };
  const letter = encodeLetter(stored, details, capabilities());
  expect(openLetter({ ...stored, ...letter })?.error.code).toBe(code);
});
