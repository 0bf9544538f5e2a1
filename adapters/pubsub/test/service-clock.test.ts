import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { moment, ServiceClock } from '../src/client/service-clock.ts';

const second = 1_000;
let clock: ServiceClock;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000, toFake: ['Date', 'performance'] });
  clock = new ServiceClock();
});
afterEach(() => vi.useRealTimers());

describe('the service’s clock', () => {
  it('is ours until the service has answered, and where they do not differ as far as anybody can tell', () => {
    expect(clock.now()).toBe(1_000_000);
    clock.learn(999_000, 1_000_000, moment());
    expect(clock.now()).toBe(1_000_000);
  });

  it.each([-5 * second, 5 * second, 3_600 * second])('is known where ours is %d ms from it, never early', (ms) => {
    clock.learn(1_000_000 - ms - second, 1_000_000 - ms, moment());
    expect(clock.now()).toBe(1_000_000 - ms);
  });

  it('is told in whole milliseconds, which labels and requests take', () => {
    clock.learn(1_005_000, 1_006_000, moment());
    vi.advanceTimersByTime(0.5);
    expect(Number.isInteger(clock.now())).toBe(true);
  });

  it('goes on while somebody sets ours back', () => {
    clock.learn(1_005_000, 1_006_000, moment());
    vi.advanceTimersByTime(100);
    vi.setSystemTime(500_000);
    expect(clock.now()).toBe(1_006_100);
  });
});
