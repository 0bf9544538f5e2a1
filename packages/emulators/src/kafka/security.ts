import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { claimFreePorts } from '../free-ports.ts';
import { runCommand } from '../run-command.ts';
import type { BrokerPlan } from './properties.ts';

/** What a client of a secured broker needs. Passwords are for tests only. */
export interface KafkaSecurity {
  /** `host:port` of a secured listener of each broker, with commas between, as in an address. */
  readonly saslPlaintext: string;
  readonly saslSsl: string;
  /** Asks for a client certificate. */
  readonly ssl: string;
  readonly ca: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
  readonly username: 'alice';
  readonly password: string;
  /** Knows its password by SCRAM, and may do nothing. */
  readonly powerless: { readonly username: 'bob'; readonly password: string };
}

/** What a cluster has in common, whatever each broker's ports are. */
export interface SecuredCluster {
  /** More lines of `server.properties` for one broker. */
  readonly properties: (plan: BrokerPlan) => Readonly<Record<string, string>>;
  /** Arguments of the storage format that create SCRAM users. */
  readonly formatArguments: readonly string[];
  readonly security: KafkaSecurity;
  /** Of all brokers' further listeners. */
  readonly ports: readonly number[];
}

interface SecuredPorts {
  readonly sasl: number;
  readonly saslSsl: number;
  readonly ssl: number;
}

const password = 'alice-secret';
const powerlessPassword = 'bob-secret';
/** The subject of the brokers' certificate. */
const brokerName = '127.0.0.1';

/**
 * Listeners with SASL, with TLS and with both, access control, and certificates made by openssl. Brokers replicate over TLS, and know
 * each other by certificates.
 */
export async function securedCluster(folder: string, plans: readonly BrokerPlan[]): Promise<SecuredCluster> {
  const ports = new Map<number, SecuredPorts>();
  const free = await claimFreePorts(plans.length * 3);
  for (const [index, { id }] of plans.entries()) {
    const [sasl = 0, saslSsl = 0, ssl = 0] = free.slice(index * 3);
    ports.set(id, { sasl, saslSsl, ssl });
  }
  await makeCertificates(folder);
  const plainModule = `org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="${password}";`;
  const scramModule = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  const bearerModule = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;';
  const mechanisms = Object.fromEntries(
    ['sasl_plaintext', 'sasl_ssl'].flatMap((listener) => [
      [`listener.name.${listener}.plain.sasl.jaas.config`, plainModule],
      [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`, scramModule],
      [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`, scramModule],
      [`listener.name.${listener}.oauthbearer.sasl.jaas.config`, bearerModule],
    ]),
  );
  const shared = {
    'listener.security.protocol.map':
      'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,REPLICATION:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    ...mechanisms,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': join(folder, 'server.pem'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': join(folder, 'ca.pem'),
    'listener.name.ssl.ssl.client.auth': 'required',
    'listener.name.replication.ssl.client.auth': 'required',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:ANONYMOUS;User:alice;User:CN=alice;User:CN=${brokerName}`,
    'allow.everyone.if.no.acl.found': 'false',
  };
  const addresses = (listener: keyof SecuredPorts): string =>
    [...ports.values()].map((of) => `127.0.0.1:${of[listener]}`).join(',');
  return {
    properties: (plan) => ({ ...shared, ...listenersOf(plan, ports.get(plan.id)) }),
    ports: free,
    formatArguments: [
      ...scramUser('SCRAM-SHA-256', 'alice', password),
      ...scramUser('SCRAM-SHA-512', 'alice', password),
      ...scramUser('SCRAM-SHA-256', 'bob', powerlessPassword),
    ],
    security: {
      saslPlaintext: addresses('sasl'),
      saslSsl: addresses('saslSsl'),
      ssl: addresses('ssl'),
      ca: await readFile(join(folder, 'ca.pem'), 'utf8'),
      clientCertificate: await readFile(join(folder, 'client.crt'), 'utf8'),
      clientKey: await readFile(join(folder, 'client.key'), 'utf8'),
      username: 'alice',
      password,
      powerless: { username: 'bob', password: powerlessPassword },
    },
  };
}

function listenersOf(
  { port, advertisedPort, replicationPort, controllerPort }: BrokerPlan,
  secured: SecuredPorts | undefined,
): Readonly<Record<string, string>> {
  const others = [
    `REPLICATION://127.0.0.1:${replicationPort}`,
    `SASL_PLAINTEXT://127.0.0.1:${secured?.sasl}`,
    `SASL_SSL://127.0.0.1:${secured?.saslSsl}`,
    `SSL://127.0.0.1:${secured?.ssl}`,
  ];
  return {
    listeners: [`PLAINTEXT://127.0.0.1:${port}`, ...others, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': [`PLAINTEXT://127.0.0.1:${advertisedPort}`, ...others].join(','),
  };
}

function scramUser(mechanism: string, name: string, secret: string): string[] {
  return ['--add-scram', `${mechanism}=[name=${name},password=${secret}]`];
}

async function makeCertificates(folder: string): Promise<void> {
  const openssl = (...args: readonly string[]): Promise<string> => runCommand('openssl', args, { cwd: folder });
  await openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=isostream test authority',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  await writeFile(join(folder, 'san.cnf'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  for (const [name, subject] of [
    ['server', `/CN=${brokerName}`],
    ['client', '/CN=alice'],
  ] as const) {
    await openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      subject,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    );
    await openssl(
      'x509',
      '-req',
      '-days',
      '2',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-extfile',
      'san.cnf',
      '-out',
      `${name}.crt`,
    );
  }
  const [key, certificate] = await Promise.all(
    ['server.key', 'server.crt'].map((name) => readFile(join(folder, name), 'utf8')),
  );
  await writeFile(join(folder, 'server.pem'), `${key}${certificate}`);
}
