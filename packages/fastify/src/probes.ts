import type { FastifyInstance } from 'fastify';
import type { Health, Streams } from 'isostream';

const probes = { livez: 'live', readyz: 'ready', startupz: 'started' } as const;

/** The three routes that an orchestrator asks. */
export function addProbes(app: FastifyInstance, streams: Streams, prefix: string): void {
  for (const [path, name] of Object.entries(probes))
    app.get(`${prefix}/${path}`, { logLevel: 'warn' }, async (_, reply) => {
      const health = await streams.health();
      return reply.code(health[name] ? 200 : 503).send({ [name]: health[name], ...shown(health) });
    });
}

/** States and codes of errors; no message, since one may hold data. */
function shown({ service, consumers }: Health): object {
  return {
    service: service.reachable ? 'reachable' : (service.error?.code ?? 'closed'),
    consumers: consumers.map(({ topic, group, state, stuck, partitions }) => ({
      topic,
      group,
      state,
      stuck,
      partitions,
    })),
  };
}
