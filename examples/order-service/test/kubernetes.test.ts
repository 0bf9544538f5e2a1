import { readFileSync } from 'node:fs';
import { createMemory } from '@isostream/memory';
import { createStreams } from 'isostream';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { createService } from '../src/service.ts';
import { orders } from '../src/topics.ts';

const probe = z.object({
  httpGet: z.object({ path: z.string(), port: z.string() }),
  timeoutSeconds: z.number().optional(),
});
const container = z.object({
  command: z.array(z.string()),
  env: z.array(z.object({ name: z.string(), value: z.string().optional() })),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  startupProbe: probe.optional(),
  livenessProbe: probe.optional(),
  readinessProbe: probe,
});
const deployment = z.object({
  spec: z.object({
    template: z.object({
      metadata: z.object({ annotations: z.record(z.string(), z.string()).optional() }),
      spec: z.object({
        terminationGracePeriodSeconds: z.number().optional(),
        containers: z.array(container).length(1),
      }),
    }),
  }),
});
const scaling = z.object({
  spec: z.object({
    minReplicaCount: z.number(),
    maxReplicaCount: z.number(),
    triggers: z.array(z.object({ metadata: z.object({ query: z.string() }) })),
  }),
});

const folder = new URL('../../kubernetes/', import.meta.url);
const { template } = deployment.parse(documents('deployment.yaml')[0]).spec;
const exporter = deployment.parse(documents('lag-exporter.yaml')[0]).spec.template;
const pod = template.spec;
const [service] = pod.containers;

const streams = await createStreams({ adapter: createMemory(), topics: [orders] });
const { app } = await createService({ streams });
afterAll(() => app.close());

describe('the manifests for Kubernetes', () => {
  it.each(['startupProbe', 'livenessProbe', 'readinessProbe'] as const)(
    'ask what the service serves: %s',
    async (name) => {
      const asked = service?.[name];
      expect(asked?.timeoutSeconds).toBeGreaterThan(2);
      expect(service?.ports.find((port) => port.name === asked?.httpGet.port)?.containerPort).toBe(portOfService());
      await app.ready();
      expect((await app.inject(asked?.httpGet.path ?? '')).statusCode).toBe(200);
      expect((await app.inject('/nothing')).statusCode).toBe(404);
    },
  );

  it('give the service the time that closing may take', () => {
    // `closeDeadline` of the plugin is 30 s, for consumers and then for producers, and the last commits take up to 2 s.
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(30 + 30 + 2);
    expect(service?.command[0]).toBe('node');
  });

  it('scale to as many members as the topic has partitions, by the lag of its group', () => {
    const { minReplicaCount, maxReplicaCount, triggers } = scaling.parse(documents('autoscaling.yaml')[0]).spec;
    expect(maxReplicaCount).toBe(orders.partitions);
    expect(minReplicaCount).toBeLessThan(maxReplicaCount);
    expect(triggers[0]?.metadata.query).toContain(`messaging_destination_name="${orders.name}"`);
    expect(triggers[0]?.metadata.query).toMatch(
      /^max\(isostream_consumer_lag\{.*messaging_consumer_group_name="billing"\}\)$/,
    );
  });

  it('let Prometheus ask the exporter where it listens', () => {
    const [running] = exporter.spec.containers;
    const listens = running?.command[running.command.indexOf('--port') + 1];
    expect(running?.ports).toEqual([{ name: 'metrics', containerPort: Number(listens) }]);
    expect(exporter.metadata.annotations).toMatchObject({
      'prometheus.io/port': listens,
      'prometheus.io/path': running?.readinessProbe.httpGet.path,
    });
  });
});

/** Where the service is told to listen. */
function portOfService(): number {
  return Number(service?.env.find(({ name }) => name === 'PORT')?.value);
}

function documents(file: string): readonly unknown[] {
  return parseAllDocuments(readFileSync(new URL(file, folder), 'utf8')).map((document): unknown => {
    expect(document.errors).toEqual([]);
    const content: unknown = document.toJS();
    return content;
  });
}
