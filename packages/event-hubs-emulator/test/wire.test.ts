import { once, type EventEmitter } from 'node:events';
import { connect as connectSocket, Socket } from 'node:net';
import rhea, { type Connection, type EventContext, type Receiver, type Sender } from 'rhea';
import { expect, it } from 'vitest';
import { Bench } from './support.ts';

/** A connection without any manners of Microsoft's client. */
async function connect(bench: Bench): Promise<Connection & AsyncDisposable> {
  const container = rhea.create_container();
  container.on('error', () => undefined);
  const connection = container.connect({ host: '127.0.0.1', port: bench.server.port, reconnect: false });
  await once(connection, 'connection_open');
  const close = async (): Promise<void> => {
    connection.close();
    await once(connection, 'connection_close');
  };
  return Object.assign(connection, { [Symbol.asyncDispose]: close });
}

async function next(emitter: EventEmitter, event: string): Promise<EventContext> {
  const [context]: EventContext[] = await once(emitter, event);
  if (context === undefined) throw new Error(`${event} came without a context`);
  return context;
}

const source = 'orders/ConsumerGroups/$Default/Partitions/0';
const earliest = rhea.types.wrap_described("amqp.annotation.x-opt-offset > '-1'", 0x46_8c_00_00_00_04);

function open(connection: Connection, options: object = {}): Receiver {
  return connection.open_receiver({
    source: { address: source, filter: { 'apache.org:selector-filter:string': earliest } },
    credit_window: 0,
    ...options,
  });
}

it('gives no more than there is credit for, and goes on where it stopped', async () => {
  await using bench = await Bench.start({ authorize: false });
  const producer = bench.producer();
  await producer.sendBatch(
    Array.from({ length: 20 }, (_, body) => ({ body })),
    { partitionId: '0' },
  );
  await using connection = await connect(bench);
  const receiver = open(connection);
  const sequences: number[] = [];
  receiver.on('message', ({ message }: EventContext) => {
    sequences.push(Number(message?.message_annotations?.['x-opt-sequence-number']));
  });

  receiver.add_credit(7);
  await once(receiver, 'message');
  // Behind the seventh event comes whatever else was sent without credit, and then this one.
  const other = open(connection, { name: 'other' });
  other.add_credit(1);
  await once(other, 'message');
  expect(sequences).toEqual([0, 1, 2, 3, 4, 5, 6]);

  receiver.add_credit(30);
  receiver.drain_credit();
  await once(receiver, 'receiver_drained');
  expect(sequences).toEqual(Array.from({ length: 20 }, (_, index) => index));

  receiver.drain = false;
  receiver.add_credit(2);
  await producer.sendBatch([{ body: 1 }, { body: 2 }, { body: 3 }], { partitionId: '0' });
  other.drain = true;
  other.add_credit(30);
  await once(other, 'receiver_drained');
  expect(sequences).toHaveLength(22);
});

it('refuses a link for which no token was put', async () => {
  await using bench = await Bench.start();
  await using connection = await connect(bench);

  const { receiver } = await next(open(connection), 'receiver_error');

  expect(receiver?.error).toMatchObject({ condition: 'amqp:unauthorized-access' });
});

it('refuses what is no message, and goes on', async () => {
  await using bench = await Bench.start({ authorize: false });
  await using connection = await connect(bench);
  const sender: Sender = connection.open_sender('orders/Partitions/0');
  await once(sender, 'sendable');

  sender.send(Buffer.from('no AMQP at all'), undefined, 0);
  const refused = await next(sender, 'rejected');
  sender.send({ body: 'a message' });
  await once(sender, 'accepted');

  expect(refused.delivery?.remote_state?.['error']).toMatchObject({ condition: 'amqp:decode-error' });
  expect(bench.server.describePartition('orders', '0').lastSequence).toBe(0);
});

it('takes a single message as an event, by its own partition key', async () => {
  await using bench = await Bench.start({ authorize: false });
  await using connection = await connect(bench);
  const sender: Sender = connection.open_sender('orders');
  await once(sender, 'sendable');

  sender.send({ body: 'a message', message_annotations: { 'x-opt-partition-key': 'TheBestParitionEver' } });
  await once(sender, 'accepted');

  expect(bench.server.events('orders', '2')).toMatchObject([{ partitionKey: 'TheBestParitionEver', sequence: 0 }]);
});

it('reads on where a partition grew, and reaches partitions that were added', async () => {
  await using bench = await Bench.start({ authorize: false });
  const producer = bench.producer();
  await producer.sendBatch([{ body: 1 }], { partitionId: '3' });

  bench.server.alterHub('orders', { partitions: 6 });
  await producer.sendBatch([{ body: 1 }], { partitionId: '5' });

  expect(await bench.producer().getPartitionIds()).toEqual(['0', '1', '2', '3', '4', '5']);
  expect(bench.server.describePartition('orders', '5').lastSequence).toBe(0);
});

it('takes a protocol header that comes in pieces, and says its own to what is no AMQP', async () => {
  await using bench = await Bench.start();
  const header = Buffer.from('AMQP\x03\x01\x00\x00', 'latin1');

  for (const pieces of [[header.subarray(0, 1), header.subarray(1)], [Buffer.from('HELO')]]) {
    const socket = connectSocket(bench.server.port, '127.0.0.1').setNoDelay(true);
    await once(socket, 'connect');
    for (const piece of pieces) await new Promise((resolve) => socket.write(piece, resolve));
    const [answer]: Buffer[] = await once(socket, 'data');
    socket.destroy();

    expect(answer?.subarray(0, 8)).toEqual(header);
  }
});

it('says that it is there within the idle time-out that a client asks for', async () => {
  await using bench = await Bench.start({ authorize: false });
  const container = rhea.create_container();
  // The client closes after twice that time without a byte.
  const connection = container.connect({
    ...{ host: '127.0.0.1', port: bench.server.port, reconnect: false },
    idle_time_out: 1_000,
  });
  await once(connection, 'connection_open');
  const socket: unknown = Reflect.get(connection, 'socket');
  if (!(socket instanceof Socket)) throw new Error('the connection has no socket');

  for (let frames = 0; frames < 5; frames++) await once(socket, 'data');
  expect(connection.is_open()).toBe(true);
  connection.close();
  await once(connection, 'connection_close');
});
