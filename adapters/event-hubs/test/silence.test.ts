import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Silence } from '../src/client/silence.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function silence() {
  const said: string[] = [];
  const one = new Silence({ timeoutMs: 1_000, ask: () => said.push('ask'), over: () => said.push('over') });
  return { one, said };
}

it('asks whoever is silent for half of the timeout, and gives up after the other half', () => {
  const { said } = silence();

  vi.advanceTimersByTime(499);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(2);
  expect(said).toEqual(['ask']);
  vi.advanceTimersByTime(499);
  expect(said).toEqual(['ask']);
  vi.advanceTimersByTime(2);
  expect(said).toEqual(['ask', 'over']);
});

it('takes whatever comes for an answer', () => {
  const { one, said } = silence();

  for (let second = 0; second < 5; second++) {
    vi.advanceTimersByTime(900);
    one.heard();
  }
  expect(said).toEqual(['ask', 'ask', 'ask', 'ask', 'ask']);
});

it('lets what came while the process stood still be read first', () => {
  const said: string[] = [];
  const one = new Silence({
    timeoutMs: 1_000,
    ask() {
      said.push('ask');
      // Due together with the end of the second half, and behind it.
      setTimeout(() => one.heard(), 500);
    },
    over: () => said.push('over'),
  });

  vi.advanceTimersByTime(1_010);
  expect(said).toEqual(['ask']);
});

it('says nothing more once it was stopped', () => {
  const { one, said } = silence();

  vi.advanceTimersByTime(600);
  one.stop();
  vi.advanceTimersByTime(5_000);
  expect(said).toEqual(['ask']);
});
