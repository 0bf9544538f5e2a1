// A mirror in a process of its own, which tells everything it records, until it is killed or asked to leave.
import { History } from '@isostream/conformance/checks';
import { recordedStreams, recordingAdapter } from '@isostream/conformance/stage';
import { createStreams } from '@isostream/core';
import { createMirror } from '@isostream/mirror';

async function run({ name, from, to, topic, toTopic }) {
  const history = new History((entry) => process.connected && process.send(entry));
  const assignments = new Map();
  const source = await connect(from, name, (adapter) => recordingAdapter(adapter, history, assignments));
  const target = await connect(to, name, (adapter) => adapter);
  const end = new AbortController();
  process.once('message', () => end.abort());
  const streams = recordedStreams({ name, assignments, streams: source }, history);
  await createMirror({ from: streams, to: target, topic, toTopic }).run({ signal: end.signal });
  await Promise.all([source.close(), target.close()]);
  history.record({ kind: 'closed', member: name });
  process.disconnect();
}

async function connect({ module, settings }, name, change) {
  const { createAdapter } = await import(module);
  return createStreams({ adapter: change(createAdapter(settings, name)), topics: [], topology: 'assume' });
}

process.once('message', (plan) => void run(plan));
