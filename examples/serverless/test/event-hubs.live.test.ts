import { expect, it } from 'vitest';
import { onEventHubs } from '../src/event-hubs.ts';
import { natives, seen, stored, wanted } from './support.ts';

interface Message {
  readonly body: { readonly content: Buffer };
  readonly application_properties: Readonly<Record<string, unknown>>;
}

it('a function on Event Hubs handles what isostream wrote there', async () => {
  const messages = (await stored('event-hubs', natives)) as readonly Message[];
  const { billed, refused, handle, refuse } = seen();
  const triggerMetadata = { propertiesArray: messages.map((message) => message.application_properties) };
  await onEventHubs(handle, refuse)(
    messages.map(({ body }) => body.content),
    { triggerMetadata },
  );
  expect({ billed, refused }).toEqual({ billed: wanted, refused: [] });
});
