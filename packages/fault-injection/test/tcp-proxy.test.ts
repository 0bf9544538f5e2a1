import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TcpProxy } from '../src/tcp-proxy.ts';

let server: Server;
let proxy: TcpProxy;
/** The broker's end of the newest connection. */
let served: Socket;
/** What the broker got. */
let asked = '';

beforeEach(async () => {
  asked = '';
  server = createServer((socket) => {
    served = socket;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      asked += chunk.toString();
      socket.write(`done ${chunk.toString()}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = await TcpProxy.listen({ losingMs: 500 });
  const address = server.address();
  proxy.to(typeof address === 'object' && address !== null ? address.port : 0);
});
afterEach(async () => {
  await proxy.close();
  await new Promise((resolve) => server.close(resolve));
});

/** A connection through the proxy on which one answer came already. */
async function connected(
  localAddress = '127.0.0.1',
): Promise<{ readonly socket: Socket; readonly answers: () => string }> {
  const socket = connect({ host: '127.0.0.1', port: proxy.port, localAddress });
  let answers = '';
  socket.on('data', (chunk) => (answers += chunk.toString()));
  socket.on('error', () => undefined);
  socket.write('hello');
  await once(socket, 'data');
  return { socket, answers: () => answers };
}

test('passes what is asked and what is answered', async () => {
  const { socket, answers } = await connected();
  expect(answers()).toBe('done hello');
  expect(proxy.passed).toBe('hello'.length + 'done hello'.length);
  socket.destroy();
});

test('loses requests before it resets connections, and in turn answers: then the broker did what it was asked for', async () => {
  const first = await connected();
  const closed = ended(first.socket);
  expect(proxy.cut()).toBe(1);
  // Answers pass still: the broker was not cut off yet.
  served.write(' and more');
  await once(first.socket, 'data');
  expect(first.answers()).toBe('done hello and more');
  first.socket.write('never');
  await closed;
  expect(asked).not.toContain('never');

  const second = await connected();
  const over = ended(second.socket);
  expect(proxy.cut()).toBe(1);
  second.socket.write('store this');
  await over;
  expect(asked).toContain('store this');
  expect(second.answers()).toBe('done hello');
});

test('resets at once where that is asked for', async () => {
  const { socket } = await connected();
  const closed = ended(socket);
  expect(proxy.reset()).toBe(1);
  await closed;
  expect(proxy.reset()).toBe(0);
});

test('a half-open connection swallows everything and tells no end, and new ones pass', async () => {
  const lost = await connected();
  const old = served;
  expect(proxy.halfOpen()).toBe(1);
  expect(proxy.halfOpen()).toBe(0);
  lost.socket.write('into the void');
  old.write('and back');
  const next = await connected();
  expect(next.answers()).toBe('done hello');
  expect(asked).not.toContain('void');
  expect(lost.answers()).toBe('done hello');
  expect(lost.socket.destroyed).toBe(false);
  expect([proxy.abandoned, proxy.connections]).toEqual([0, 2]);
  const closed = ended(lost.socket);
  lost.socket.destroy();
  await closed;
  // The broker goes on to take it for a connection.
  next.socket.write('again');
  await once(next.socket, 'data');
  expect(old.destroyed).toBe(false);
  expect([proxy.abandoned, proxy.connections]).toEqual([1, 2]);
  next.socket.destroy();
});

// Only on Linux is all of 127.0.0.0/8 this machine.
test.runIf(process.platform === 'linux')(
  'cuts off the connections of one address alone, open and new, until that is undone',
  async () => {
    const [lonely, other] = [await connected('127.0.0.2'), await connected('127.0.0.3')];
    const undo = proxy.cutOff('127.0.0.2');
    const late = connect({ host: '127.0.0.1', port: proxy.port, localAddress: '127.0.0.2' });
    await once(late, 'connect');
    late.write('late');
    lonely.socket.write('unheard');
    // Both were sent before these, which are answered.
    for (const word of ['one', 'two']) {
      other.socket.write(word);
      await once(other.socket, 'data');
    }
    expect(other.answers()).toBe('done hellodone onedone two');
    expect(asked).not.toMatch(/late|unheard/);
    expect([lonely.answers(), lonely.socket.destroyed]).toEqual(['done hello', false]);
    undo();
    // Nothing was lost: what waited arrives, and is answered.
    await Promise.all([once(lonely.socket, 'data'), once(late, 'data')]);
    expect(lonely.answers()).toBe('done hellodone unheard');
    for (const socket of [lonely.socket, other.socket, late]) socket.destroy();
  },
);

test.runIf(process.platform === 'linux')('an address stays cut off where isolation of all ends', async () => {
  const [lonely, other] = [await connected('127.0.0.2'), await connected('127.0.0.3')];
  const undo = proxy.cutOff('127.0.0.2');
  proxy.isolate()();
  lonely.socket.write('unheard');
  other.socket.write('heard');
  await once(other.socket, 'data');
  expect(asked).toBe('hellohelloheard');
  undo();
  await once(lonely.socket, 'data');
  expect(lonely.answers()).toBe('done hellodone unheard');
  for (const socket of [lonely.socket, other.socket]) socket.destroy();
});

test('a slow broker answers in order, each answer later by the delay', async () => {
  const { socket, answers } = await connected();
  const fast = proxy.slow(30);
  const start = performance.now();
  for (const word of ['one', 'two']) {
    socket.write(word);
    await once(socket, 'data');
  }
  expect(performance.now() - start).toBeGreaterThanOrEqual(58);
  expect(answers()).toBe('done hellodone onedone two');
  fast();
  socket.destroy();
});

/** Resolves also for a connection that ends with an error. */
function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}
