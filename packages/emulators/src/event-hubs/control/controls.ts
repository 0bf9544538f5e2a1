import type { EventHubsServer } from '../server.ts';
import { ServiceError } from '../service-error.ts';
import type { ControlAnswer, ControlRequest } from './http-server.ts';
import { field, stringField } from './read-json.ts';

/** What can be asked of a server from another process: arguments and results are JSON. */
type ControlName =
  | 'listHubs'
  | 'findHub'
  | 'createHub'
  | 'alterHub'
  | 'deleteHub'
  | 'createGroup'
  | 'deleteGroup'
  | 'describePartition'
  | 'trim'
  | 'expire'
  | 'addWriteFault'
  | 'removeWriteFault'
  | 'dropConnections'
  | 'closeConnections'
  | 'detach';

const names: readonly ControlName[] = [
  'listHubs',
  'findHub',
  'createHub',
  'alterHub',
  'deleteHub',
  'createGroup',
  'deleteGroup',
  'describePartition',
  'trim',
  'expire',
  'addWriteFault',
  'removeWriteFault',
  'dropConnections',
  'closeConnections',
  'detach',
];

/** The controls of a server in another process. Each throws {@link ServiceError} as the server's own does. */
export type EventHubsControls = {
  readonly [Name in ControlName]: (
    ...parameters: Parameters<EventHubsServer[Name]>
  ) => Promise<ReturnType<EventHubsServer[Name]>>;
};

/** Answers `POST /controls`; `undefined` for other paths. */
export function answerControls(server: EventHubsServer, { path, body }: ControlRequest): ControlAnswer | undefined {
  if (path.length !== 1 || path[0] !== 'controls') return undefined;
  const name = names.find((known) => known === stringField(body, 'control'));
  const parameters = field(body, 'parameters');
  if (name === undefined || !Array.isArray(parameters))
    return { status: 400, body: { error: { code: 'amqp:not-implemented', message: 'There is no such control.' } } };
  const result: unknown = Reflect.apply(server[name], server, parameters);
  return { status: 200, body: { result } };
}

/** The controls of the server whose `controlUrl` this is. */
export function connectEventHubsControls(controlUrl: string): EventHubsControls {
  const call =
    (control: ControlName) =>
    async (...parameters: readonly unknown[]): Promise<unknown> => {
      const response = await fetch(new URL('/controls', controlUrl), {
        method: 'POST',
        body: JSON.stringify({ control, parameters }),
      });
      const body: unknown = await response.json();
      if (response.ok) return field(body, 'result');
      const error = field(body, 'error');
      throw new ServiceError(stringField(error, 'code') ?? 'amqp:internal-error', stringField(error, 'message') ?? '');
    };
  const controls = Object.fromEntries(names.map((name) => [name, call(name)]));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the other side is this same table, over JSON
  return controls as unknown as EventHubsControls;
}
