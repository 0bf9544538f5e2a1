import type { EventHubsServer } from '../server.ts';
import { ServiceError } from '../service-error.ts';
import { type ControlName, controlNames } from './control-names.ts';
import { field, stringField } from './read-json.ts';

/** The controls of a server in another process. Each throws {@link ServiceError} as the server's own does. */
export type EventHubsControls = {
  readonly [Name in ControlName]: (
    ...parameters: Parameters<EventHubsServer[Name]>
  ) => Promise<ReturnType<EventHubsServer[Name]>>;
};

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
  const controls = Object.fromEntries(controlNames.map((name) => [name, call(name)]));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the other side is this same table, over JSON
  return controls as unknown as EventHubsControls;
}
