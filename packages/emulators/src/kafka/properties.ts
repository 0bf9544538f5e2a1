/** What one broker of a cluster is told. */
export interface BrokerPlan {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
  /** For the other brokers, which a proxy before the port for clients is not to break. */
  readonly replicationPort: number;
  readonly advertisedPort: number;
  readonly dataFolder: string;
}

/** A `server.properties` for one broker of a small, quick cluster: pure. `extra` wins over what stands before it. */
export function serverProperties(
  plan: BrokerPlan,
  all: readonly BrokerPlan[],
  extra: Readonly<Record<string, string>>,
): string {
  const replicas = String(Math.min(3, all.length));
  const inSync = all.length >= 3 ? '2' : '1';
  const replication = `REPLICATION://127.0.0.1:${plan.replicationPort}`;
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(plan.id),
    'broker.rack': `rack-${plan.id}`,
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': all.map((other) => `${other.id}@127.0.0.1:${other.controllerPort}`).join(','),
    listeners: `PLAINTEXT://127.0.0.1:${plan.port},${replication},CONTROLLER://127.0.0.1:${plan.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${plan.advertisedPort},${replication}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,REPLICATION:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'REPLICATION',
    'log.dirs': plan.dataFolder,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    // The default of 9 s keeps a restarted broker waiting for its own old registration.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    'controlled.shutdown.enable': 'true',
    'log.retention.check.interval.ms': '1000',
    'log.initial.task.delay.ms': '500',
    'log.segment.delete.delay.ms': '0',
    'log.cleaner.dedupe.buffer.size': '8388608',
    'num.network.threads': '2',
    'num.io.threads': '2',
    'background.threads': '2',
    'log.cleaner.threads': '1',
    'num.recovery.threads.per.data.dir': '1',
    ...extra,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
