import { BrokerUnavailable, startKafka } from '../../packages/emulators/dist/index.js';

/** The brokers that programs are tried on beside memory: the one at the address, or a Kafka of this run's own. */
export async function brokers({ url, isQuick, check }) {
  if (url !== undefined) return { urls: [url], stop: async () => undefined };
  if (isQuick) return { urls: [], stop: async () => undefined };
  let kafka;
  await check('a Kafka can be started', async () => {
    try {
      kafka = await startKafka();
    } catch (error) {
      if (!(error instanceof BrokerUnavailable)) throw error;
      throw new Error(`${error.message} Or give the address of one: --url kafka://…`, { cause: error });
    }
    return kafka.description;
  });
  if (kafka === undefined) return { urls: [], stop: async () => undefined };
  return { urls: [kafka.url], stop: () => kafka.stop() };
}
