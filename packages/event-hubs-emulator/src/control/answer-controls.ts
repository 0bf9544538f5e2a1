import { type ControlName, controlNames } from './control-names.ts';
import type { ControlAnswer, ControlRequest } from './http-server.ts';
import { field, stringField } from './read-json.ts';

/** What other processes can call, each with the arguments that it is given. */
type Controlled = Readonly<Record<ControlName, (...parameters: never[]) => unknown>>;

/** Answers `POST /controls`; `undefined` for other paths. */
export function answerControls(server: Controlled, { path, body }: ControlRequest): ControlAnswer | undefined {
  if (path.length !== 1 || path[0] !== 'controls') return undefined;
  const name = controlNames.find((known) => known === stringField(body, 'control'));
  const parameters = field(body, 'parameters');
  if (name === undefined || !Array.isArray(parameters))
    return { status: 400, body: { error: { code: 'amqp:not-implemented', message: 'There is no such control.' } } };
  const result: unknown = Reflect.apply(server[name], server, parameters);
  return { status: 200, body: { result } };
}
