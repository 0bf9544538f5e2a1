import { onStreams } from './distortion.ts';
import { withHealth } from './distort-streams.ts';
import type { Mutant } from './mutant.ts';

/** Providers whose clients do not tell the truth of their health. */
export const healthMutants: readonly Mutant[] = [
  {
    name: 'always-live',
    defect: 'says of a client whose handlers hang that it is live',
    noticedBy: ['health/a-handler-hangs: not live while it hangs'],
    distort: onStreams(withHealth, (health) => ({ ...health, live: true })),
  },
  {
    name: 'one-late-handler-is-the-end',
    defect: 'says of a client that it is not live as long as one handler is beyond its time, though others return',
    noticedBy: ['health/a-handler-hangs: live while others return'],
    distort: onStreams(withHealth, (health) => ({
      ...health,
      live: health.consumers.every(({ oldestHandlerMs }) => oldestHandlerMs < 500),
    })),
  },
  {
    name: 'idle-is-not-ready',
    defect: 'says of a client that it is not ready while one of its members holds no partition',
    noticedBy: ['health/members-come-and-go: each member is live and ready'],
    exists: ({ settlement }) => settlement === 'watermark',
    distort: onStreams(withHealth, (health) => ({
      ...health,
      ready: health.ready && health.consumers.every(({ partitions }) => partitions > 0),
    })),
  },
  {
    name: 'always-ready',
    defect: 'says of a client whose service is gone that it is ready',
    noticedBy: ['health/the-broker-is-gone: not ready while it is gone'],
    distort: onStreams(withHealth, (health) => ({ ...health, ready: true, service: { reachable: true } })),
  },
  {
    name: 'dies-with-its-broker',
    defect: 'says of a client whose service is gone that it is not live',
    noticedBy: ['health/the-broker-is-gone: live all the time'],
    distort: onStreams(withHealth, (health) => ({ ...health, live: health.live && health.service.reachable })),
  },
  {
    name: 'health-waits-for-its-broker',
    defect: 'answers a probe only when the service does, or much later',
    noticedBy: ['health/the-broker-is-gone: answers in time'],
    distort: onStreams(withHealth, async (health) => {
      if (!health.service.reachable) await new Promise((resolve) => setTimeout(resolve, 4_000));
      return health;
    }),
  },
];
