import type { v1 } from '@google-cloud/pubsub';
import { grpc } from 'google-gax';

type Channel = ReturnType<grpc.Client['getChannel']>;

const { IDLE, READY, SHUTDOWN } = grpc.connectivityState;

/**
 * True once a connection has been wanted for so long and not made; false when the client is closed. gRPC waits without end
 * for the first word of a connection that was taken and then forgotten (grpc/grpc-node#2785): its pings and its next
 * attempt come only after that.
 */
export async function isStuck(client: v1.PublisherClient | v1.SubscriberClient, afterMs: number): Promise<boolean> {
  const stub: object = await client.initialize();
  if (!isClient(stub)) return false;
  const channel = stub.getChannel();
  let since: number | undefined;
  for (;;) {
    const state = channel.getConnectivityState(false);
    if (state === SHUTDOWN) return false;
    if (state === READY || state === IDLE) since = undefined;
    else since ??= Date.now();
    if (!(await changes(channel, state, since === undefined ? Infinity : since + afterMs))) return true;
  }
}

/** Looked at by what it has: the class is another one where gRPC is installed twice. */
function isClient(stub: object): stub is grpc.Client {
  return 'getChannel' in stub;
}

/** False if the state is still the same then. */
function changes(channel: Channel, state: grpc.connectivityState, until: number): Promise<boolean> {
  return new Promise((resolve) => {
    channel.watchConnectivityState(state, until, (error) => resolve(error === undefined));
  });
}
