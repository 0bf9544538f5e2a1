import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createMemory } from '@isostream/memory';
import { createStreams } from 'isostream';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createService } from '../src/service.ts';
import { orders } from '../src/topics.ts';

const service = z.object({
  image: z.string().regex(/:\d/),
  environment: z.record(z.string(), z.string()),
  ports: z.array(z.string().regex(/^\d+:\d+$/)),
  healthcheck: z.object({ test: z.array(z.string()) }),
  command: z.array(z.string()).optional(),
  working_dir: z.string().optional(),
  volumes: z.array(z.string()).optional(),
  stop_grace_period: z.string().optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.literal('service_healthy') })).optional(),
});
const folder = new URL('../', import.meta.url);
const { services } = z
  .object({ services: z.object({ kafka: service, orders: service }).strict() })
  .parse(parse(readFileSync(new URL('compose.yaml', folder), 'utf8')));

const streams = await createStreams({ adapter: createMemory(), topics: [orders] });
const { app } = await createService({ streams });
afterAll(() => app.close());

// Docker is not needed: what is asked is whether the parts fit each other.
describe('the compose file', () => {
  it('gives the service an address at which the broker says that it is', () => {
    const url = new URL(services.orders.environment['ISOSTREAM_URL'] ?? '');
    const advertised = services.kafka.environment['KAFKA_ADVERTISED_LISTENERS']?.split(',') ?? [];
    expect(url.protocol).toBe('kafka:');
    expect(Object.keys(services)).toContain(url.hostname);
    expect(advertised.map((listener) => listener.replace(/^\w+:\/\//, ''))).toEqual([url.host, 'localhost:9092']);
    expect(services.kafka.ports).toEqual(['9092:9092']);
    const protocols = services.kafka.environment['KAFKA_LISTENER_SECURITY_PROTOCOL_MAP'] ?? '';
    for (const listener of services.kafka.environment['KAFKA_LISTENERS']?.split(',') ?? [])
      expect(protocols).toContain(`${listener.split(':')[0]}:PLAINTEXT`);
  });

  it('starts the service once the broker answers, and asks a probe that it serves, on its port', async () => {
    expect(Object.keys(services.orders.depends_on ?? {})).toEqual(['kafka']);
    const port = services.orders.environment['PORT'];
    expect(services.orders.ports).toEqual([`${port}:${port}`]);
    const asked = /http:\/\/localhost:(\d+)(\/\w+)/.exec(services.orders.healthcheck.test.join(' '));
    expect(asked?.[1]).toBe(port);
    await app.ready();
    expect((await app.inject(asked?.[2] ?? '')).statusCode).toBe(200);
  });

  it('runs a file that the build makes, in a folder of the repository that it mounts', () => {
    const [mount = ''] = services.orders.volumes ?? [];
    const [host = '', inside = ''] = mount.split(':');
    const path = services.orders.working_dir?.replace(inside, fileURLToPath(new URL(host, folder)));
    expect(path?.replace(/\/+/g, '/')).toBe(fileURLToPath(folder).replace(/\/$/, ''));
    expect(existsSync(new URL(services.orders.command?.at(-1) ?? '', folder))).toBe(true);
  });
});
