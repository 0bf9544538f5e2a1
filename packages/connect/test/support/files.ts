import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectPlan, readConnectFiles, type ReadOptions } from '@isostream/connect';

/** The worker file that the others build on. */
export const worker = `isostream.url=memory:
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
offset.flush.interval.ms=50
`;

/** Writes files and reads them as a worker and its connectors. */
export function plan(workerText: string, connectors: readonly string[], options?: ReadOptions): Promise<ConnectPlan> {
  const folder = mkdtempSync(join(tmpdir(), 'isostream-connect-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  return readConnectFiles(
    file('worker.properties', workerText),
    connectors.map((text, index) => file(`${index}.properties`, text)),
    options ?? { environment: {} },
  );
}
