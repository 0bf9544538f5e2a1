import type { JSX } from 'preact';
import { prettyJson } from '@isostream/operations/text';
import { useData } from './hooks.ts';
import { hexDump } from './hex.ts';
import { clean, Loading, Problem, Time } from './parts.tsx';
import { to } from './route.ts';
import type { EventView } from './types.ts';

/** A page of many thousand lines of hexadecimal helps nobody. */
const mostInHex = 4_096;

/** One event whole. */
export function EventPage(props: {
  readonly topic: string;
  readonly partition: string;
  readonly position: string;
}): JSX.Element {
  const { topic, partition, position } = props;
  const { value, error, again } = useData<EventView>('event', { topic, partition, position });
  return (
    <>
      <h1>
        Event {clean(`${partition}/${position}`)}{' '}
        <small>
          of <a href={to(['topic', topic])}>{clean(topic)}</a>
        </small>
      </h1>
      {error === undefined ? null : <Problem text={error} again={again} />}
      {value === undefined ? error === undefined ? <Loading /> : null : <Whole event={value} />}
    </>
  );
}

/** What an event says of itself, and its payload. */
export function Whole({ event }: { readonly event: EventView }): JSX.Element {
  const { attributes, headers, key, payload } = event;
  return (
    <>
      <dl class="pairs">
        <dt>place</dt>
        <dd class="mono">{clean(`${event.partition}/${event.position}`)}</dd>
        <dt>stored</dt>
        <dd>
          <Time at={event.stored} />
        </dd>
        <dt>key</dt>
        <dd class="mono">{clean(shown(key))}</dd>
        {Object.entries(attributes).map(([name, value]) => [
          <dt key={`t${name}`}>{clean(name)}</dt>,
          <dd key={name} class="mono">
            {clean(typeof value === 'string' ? value : JSON.stringify(value))}
          </dd>,
        ])}
        {headers.map(([name, value], index) => [
          <dt key={`t${index}`}>header {clean(name)}</dt>,
          <dd key={index} class="mono">
            {clean(shown(value))}
          </dd>,
        ])}
      </dl>
      <Payload payload={payload} />
    </>
  );
}

function Payload({ payload }: { readonly payload: EventView['payload'] }): JSX.Element {
  if (payload.kind === 'none') return <p class="note">No payload: a tombstone.</p>;
  const isBytes = payload.kind === 'bytes';
  const text = payload.kind === 'json' ? prettyJson(payload.text) : payload.text;
  return (
    <section aria-label="Payload">
      <h2>
        Payload{' '}
        <small>
          {payload.bytes.toLocaleString('en-US')} bytes, {isBytes ? 'no text' : payload.kind}
        </small>
      </h2>
      {isBytes ? (
        <>
          <pre tabIndex={0}>{hexDump(payload.text, mostInHex)}</pre>
          {payload.bytes > mostInHex ? (
            <p class="note">These are the first {mostInHex.toLocaleString('en-US')} bytes.</p>
          ) : null}
          <details>
            <summary>All as base64</summary>
            <pre tabIndex={0}>{payload.text}</pre>
          </details>
        </>
      ) : (
        <pre tabIndex={0}>{clean(text)}</pre>
      )}
    </section>
  );
}

export function shown(value: EventView['key']): string {
  if (value === null) return 'null';
  return typeof value === 'string' ? value : `base64:${value.base64}`;
}
