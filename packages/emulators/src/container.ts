import type { GenericContainer, StartedTestContainer, Wait } from 'testcontainers';
import { BrokerUnavailable } from './broker-unavailable.ts';
import { clientPort } from './client-port.ts';
import type { BrokerOptions } from './in-mode.ts';
import { releasePort } from './port-claims.ts';

export interface ContainerPlan {
  /** For messages: what people call the broker. */
  readonly broker: string;
  readonly image: string;
  /** What {@link exposed} gave. */
  readonly port: ExposedPort;
  readonly progress?: ((text: string) => void) | undefined;
  readonly configure: (container: GenericContainer, wait: typeof Wait) => GenericContainer;
  /** What is left to do once it runs; the container is stopped if this fails. */
  readonly afterStart?: (container: StartedTestContainer) => Promise<void>;
}

export interface RunningContainer {
  readonly container: StartedTestContainer;
  /** The image, and what must be known about it, for people. */
  readonly description: string;
  /** As of every broker. */
  readonly died: () => Promise<string>;
}

export type ExposedPort = number | { readonly container: number; readonly host: number };

/** A port of the image, and of this machine where one was asked for. */
export async function exposed(
  broker: string,
  container: number,
  options: Pick<BrokerOptions, 'port' | 'progress'>,
): Promise<ExposedPort> {
  if (options.port === undefined) return container;
  return { container, host: await clientPort(broker, container, options) };
}

/** Where an engine is on another machine or in another container, its ports have to be reached from here, and stay as they are. */
export function onLoopback(bindings: unknown): void {
  if (typeof bindings !== 'object' || bindings === null) return;
  for (const each of Object.values(bindings).flat())
    if (typeof each === 'object' && each !== null) Object.assign(each, { HostIp: '127.0.0.1' });
}

/** Starts a broker's image by testcontainers. Throws {@link BrokerUnavailable} that says what is missing. */
export async function startContainer(plan: ContainerPlan): Promise<RunningContainer> {
  const { broker, image, port, progress = () => undefined, configure, afterStart } = plan;
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import('testcontainers').catch(
    (cause: unknown) => {
      throw new BrokerUnavailable(
        broker,
        'Docker mode needs testcontainers. Install it: npm install --save-dev testcontainers.',
        cause,
      );
    },
  );
  progress(`starting ${image} with Docker`);
  try {
    const isHere = (await getContainerRuntimeClient()).info.containerRuntime.host === 'localhost';
    /** Docker publishes ports on every address of the machine where nothing else is said, past its firewall. */
    class OnThisMachine extends GenericContainer {
      protected override async beforeContainerCreated(): Promise<void> {
        if (isHere) onLoopback(this.hostConfig.PortBindings);
      }
    }
    const container = await configure(new OnThisMachine(image).withExposedPorts(port), Wait)
      .withLabels({ 'isostream.broker': broker })
      .start();
    try {
      await afterStart?.(container);
      const client = await getContainerRuntimeClient();
      const { Config } = await client.container.getById(container.getId()).inspect();
      // An image built on this machine in place of the published one says so: it proves the launcher, not the image.
      const isStandIn = Config.Labels['isostream.standin'] === 'true';
      const died = async (): Promise<string> => {
        const ended: unknown = await client.container.getById(container.getId()).wait();
        return `the container of ${image} ended: exit code ${String(Reflect.get(Object(ended), 'StatusCode'))}`;
      };
      return { container, description: `${image}${isStandIn ? ' (a stand-in)' : ''}, Docker`, died };
    } catch (error) {
      await container.stop();
      throw error;
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BrokerUnavailable(broker, `Docker could not start ${image}: ${reason}`, cause);
  } finally {
    if (typeof port === 'object') releasePort(port.host);
  }
}
