import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../run-command.ts';

/** What a client of a secured broker needs. Passwords are for tests only. */
export interface KafkaSecurity {
  /** `host:port` of each secured listener. */
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

export interface SecuredBroker {
  readonly properties: Readonly<Record<string, string>>;
  /** Arguments of the storage format that create SCRAM users. */
  readonly formatArguments: readonly string[];
  readonly security: KafkaSecurity;
}

const password = 'alice-secret';
const powerlessPassword = 'bob-secret';

/** Listeners with SASL, with TLS and with both, access control, and certificates made by openssl. */
export async function securedBroker(
  folder: string,
  ports: {
    readonly plain: number;
    readonly controller: number;
    readonly sasl: number;
    readonly saslSsl: number;
    readonly ssl: number;
  },
): Promise<SecuredBroker> {
  await makeCertificates(folder);
  const plainModule = `org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="${password}";`;
  const scramModule = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  const bearerModule = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;';
  const listeners = [
    `PLAINTEXT://127.0.0.1:${ports.plain}`,
    `SASL_PLAINTEXT://127.0.0.1:${ports.sasl}`,
    `SASL_SSL://127.0.0.1:${ports.saslSsl}`,
    `SSL://127.0.0.1:${ports.ssl}`,
  ];
  const mechanisms = Object.fromEntries(
    ['sasl_plaintext', 'sasl_ssl'].flatMap((listener) => [
      [`listener.name.${listener}.plain.sasl.jaas.config`, plainModule],
      [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`, scramModule],
      [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`, scramModule],
      [`listener.name.${listener}.oauthbearer.sasl.jaas.config`, bearerModule],
    ]),
  );
  return {
    properties: {
      listeners: [...listeners, `CONTROLLER://127.0.0.1:${ports.controller}`].join(','),
      'advertised.listeners': listeners.join(','),
      'listener.security.protocol.map':
        'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL',
      // One broker has nobody to replicate to.
      'inter.broker.listener.name': 'PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      ...mechanisms,
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': join(folder, 'server.pem'),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': join(folder, 'ca.pem'),
      'listener.name.ssl.ssl.client.auth': 'required',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS;User:alice;User:CN=alice',
      'allow.everyone.if.no.acl.found': 'false',
    },
    formatArguments: [
      ...scramUser('SCRAM-SHA-256', 'alice', password),
      ...scramUser('SCRAM-SHA-512', 'alice', password),
      ...scramUser('SCRAM-SHA-256', 'bob', powerlessPassword),
    ],
    security: {
      saslPlaintext: `127.0.0.1:${ports.sasl}`,
      saslSsl: `127.0.0.1:${ports.saslSsl}`,
      ssl: `127.0.0.1:${ports.ssl}`,
      ca: await readFile(join(folder, 'ca.pem'), 'utf8'),
      clientCertificate: await readFile(join(folder, 'client.crt'), 'utf8'),
      clientKey: await readFile(join(folder, 'client.key'), 'utf8'),
      username: 'alice',
      password,
      powerless: { username: 'bob', password: powerlessPassword },
    },
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
    ['server', '/CN=127.0.0.1'],
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
