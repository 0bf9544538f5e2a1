import { startBroker } from '@isostream/emulators';
import { connect } from 'isostream';
import { playEveryCodec } from './every-codec.ts';

/** Every codec and format on the broker of this provider, which is started for it. */
export async function playOnBroker(provider: string): Promise<number> {
  await using broker = await startBroker(provider);
  return await playEveryCodec((topics) => connect({ url: broker.url, topics }));
}
