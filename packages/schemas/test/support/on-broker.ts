import { startBroker } from '@isostream/emulators';
import { connect } from 'isostream';
import { playEveryCodec } from './every-codec.ts';
import { Registry } from './registry.ts';

/** Every codec and format on the broker of this provider, which is started for it. */
export async function playOnBroker(provider: string): Promise<number> {
  await using broker = await startBroker(provider);
  const registry = new Registry();
  const url = await registry.listen();
  try {
    return await playEveryCodec((topics) => connect({ url: broker.url, topics }), url);
  } finally {
    await registry.close();
  }
}
