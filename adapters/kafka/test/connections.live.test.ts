import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectOptions } from '../src/client/kafkajs-connection.ts';
import { KafkajsWire } from '../src/client/kafkajs-wire.ts';
import { WireError } from '../src/client/wire-error.ts';
import { kafkaOf, newTopic } from './support/cluster.ts';
import { apis, Proxy } from './support/proxy.ts';

let proxy: Proxy;
let cluster: KafkaCluster;
const wires: KafkajsWire[] = [];

beforeAll(async () => {
  proxy = await Proxy.listen();
  cluster = await startKafka({ advertisedPorts: [proxy.port] });
  proxy.target = cluster.nodes[0]?.port ?? 0;
});
afterEach(async () => {
  await Promise.all(wires.splice(0).map((wire) => wire.close()));
});
afterAll(async () => {
  await cluster.stop();
  await proxy[Symbol.asyncDispose]();
});

function newWire(options: Partial<ConnectOptions> = {}): KafkajsWire {
  const seeds = [`127.0.0.1:${proxy.port}`];
  const wire = new KafkajsWire({
    seeds,
    clientId: 'test',
    ssl: undefined,
    sasl: undefined,
    connectTimeoutMs: 1_000,
    requestTimeoutMs: 2_000,
    ...options,
  });
  wires.push(wire);
  return wire;
}

async function failureOf(work: Promise<unknown>): Promise<WireError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof WireError) return error;
    throw error;
  }
  throw new Error('did not fail');
}

/** Listens, and answers every connection with the same bytes, or with nothing. */
async function listen(answer?: string): Promise<{ readonly seeds: readonly string[]; readonly server: Server }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    if (answer !== undefined) socket.write(answer, 'latin1');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, seeds: [`127.0.0.1:${typeof address === 'object' ? address?.port : 0}`] };
}

describe('one broker', () => {
  it('has one connection, however many ask for it at once, then and after it broke', async () => {
    const wire = newWire();
    const before = proxy.connections;
    await Promise.all(Array.from({ length: 50 }, () => wire.metadata([])));
    expect(proxy.connections - before).toBe(1);

    proxy.loseAnswers(apis.metadata, 1);
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => wire.metadata([])));
    expect(results.some(({ status }) => status === 'rejected')).toBe(true);
    await Promise.all(Array.from({ length: 50 }, () => wire.metadata([])));
    expect(proxy.connections - before).toBe(2);
  });

  it('that does not answer in time loses its connection, and all that wait on it are told so', async () => {
    const wire = newWire({ requestTimeoutMs: 300 });
    const { nodes } = await wire.metadata([]);
    const before = proxy.connections;
    const held = proxy.holdAnswers(apis.initProducerId);
    const [first, second] = [wire.initProducerId(), wire.listGroups(nodes[0] ?? -1).then(() => wire.initProducerId())];
    expect(await failureOf(first)).toMatchObject({ failure: 'timeout', sent: 'maybe' });
    expect(await failureOf(second)).toMatchObject({ sent: 'maybe' });
    held.stop();
    await wire.initProducerId();
    expect(proxy.connections - before).toBe(1);
  });

  it('that nobody can reach says so before anything was sent', async () => {
    expect(await failureOf(newWire({ seeds: ['127.0.0.1:1'] }).metadata([]))).toMatchObject({
      failure: 'connect',
      sent: 'no',
    });
  });

  it.each([
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'closed'],
    ['speaks TLS', '\x15\x03\x03\x00\x02\x02\x32', 'tls'],
  ])('that %s is found out at once', async (_, answer, failure) => {
    const { seeds, server } = await listen(answer);
    expect(await failureOf(newWire({ seeds }).metadata([]))).toMatchObject({ failure, sent: 'no' });
    server.close();
  });

  it('that takes connections and is silent is given up', async () => {
    const { seeds, server } = await listen();
    expect(await failureOf(newWire({ seeds, connectTimeoutMs: 200 }).metadata([]))).toMatchObject({
      failure: 'timeout',
      sent: 'no',
    });
    expect(await failureOf(newWire({ seeds, connectTimeoutMs: 200, ssl: true }).metadata([]))).toMatchObject({
      failure: 'timeout',
      sent: 'no',
    });
    server.close();
  });
});

describe('the end of all connections', () => {
  it('comes at once, also while answers are waited for, and nothing is sent after it', async () => {
    const wire = newWire({ requestTimeoutMs: 60_000 });
    await wire.metadata([]);
    const held = proxy.holdAnswers(apis.metadata);
    const waiting = failureOf(wire.metadata([]));
    await expect.poll(() => held.hits).toBe(1);
    await wire.close();
    expect(await waiting).toMatchObject({ failure: 'closed' });
    expect(await failureOf(wire.metadata([]))).toMatchObject({ failure: 'closed', sent: 'no' });
    held.stop();
    await wire.close();
  });

  it('ends a connection that is only being opened', async () => {
    const wire = newWire();
    const asked = failureOf(wire.metadata([]));
    await wire.close();
    expect(await asked).toMatchObject({ failure: 'closed', sent: 'no' });
  });
});

describe('a group whose answers are lost', () => {
  it('is joined all the same', async () => {
    const kafka = kafkaOf(cluster);
    const topic = await newTopic(kafka.admin, { partitions: 2 });
    const faults = [apis.joinGroup, apis.syncGroup, apis.findCoordinator, apis.offsetFetch, apis.heartbeat].map((api) =>
      proxy.loseAnswers(api, 2),
    );
    const stop = new AbortController();
    const lanes = new Set<string>();
    const running = kafka.createSource({ topic, group: 'lossy', from: 'earliest', clientId: 'x' }).run(
      {
        assigned: ({ partition }) => lanes.add(partition),
        revoking: async () => undefined,
        lost: () => lanes.clear(),
      },
      stop.signal,
    );
    await expect
      .poll(() => [lanes.size, ...faults.map(({ hits }) => hits)], { timeout: 30_000 })
      .toEqual([2, 2, 2, 2, 2, 2]);
    stop.abort();
    await running;
    await kafka.close();
  });
});
