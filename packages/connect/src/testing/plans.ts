import { Config, type Properties } from '../config/definition.ts';
import { checkConnector, type ConnectorPlan, type OwnConnectors } from '../config/check-connector.ts';
import type { ConnectPlan } from '../config/read-files.ts';
import { workerDefinitions } from '../config/worker.ts';

/** A plan of one connector, made of properties instead of files. Throws where they are wrong. */
export function planOf(connector: Properties, worker: Properties, own: Partial<OwnConnectors>): ConnectPlan {
  const given: Properties = {
    'key.converter': 'StringConverter',
    'value.converter': 'JsonConverter',
    'value.converter.schemas.enable': 'false',
    'offset.flush.interval.ms': '5',
    'task.shutdown.graceful.timeout.ms': '2000',
    ...worker,
  };
  const { plan, errors } = checkConnector(connector, given, { sinks: [], sources: [], ...own });
  if (plan === undefined) throw new Error(errors.join('\n'));
  const connectors: readonly ConnectorPlan[] = [plan];
  return { worker: new Config(workerDefinitions, given), connectors, service: { url: 'memory:' }, warnings: [] };
}
