import { openSession } from '../../../compat-tests/rights/session.ts';
import type { WireConnection } from '../../../compat-tests/wire/connection.ts';
import { Broker } from '../../../src/broker/index.ts';
import type { Settings } from '../../../src/config/settings.ts';

const USERS = 'user_admin="admin-secret" user_alice="alice-secret"';

/** A broker in memory that knows `admin`, who may do everything, and `alice`, who may do what ACLs allow. */
export function aclBroker(settings: Partial<Settings> = {}): Promise<Broker> {
  return Broker.start({
    settings: {
      listeners: 'CLIENTS://127.0.0.1:0',
      'listener.security.protocol.map': 'CLIENTS:SASL_PLAINTEXT',
      'sasl.enabled.mechanisms': ['PLAIN'],
      'sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${USERS};`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:admin',
      ...settings,
    },
  });
}

/** A connection on which one of the two is logged in. */
export function sessionOf(broker: Broker, user: 'admin' | 'alice'): Promise<WireConnection> {
  return openSession(broker.bootstrap, user, `${user}-secret`);
}
