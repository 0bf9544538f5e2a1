import { createServer, type RequestListener, type Server } from 'node:http';

/** A server that listens, and where. */
export async function listen(listener: RequestListener, port: number): Promise<{ server: Server; url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, resolve));
  const address = server.address();
  return { server, url: `http://localhost:${typeof address === 'object' ? address?.port : port}` };
}

/** Takes no more requests, and waits for those under way. */
export async function closed(server: Server): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  // Else clients that keep a connection open hold the server: the next answer is the last on a busy one.
  server.prependListener('request', (_, response) => response.setHeader('connection', 'close'));
  server.closeIdleConnections();
  await done;
}
