import { WireConnection } from '../wire/connection.ts';

/** Connects to `HOST:PORT` as a user, by SASL PLAIN. Throws when the broker does not take the password. */
export async function openSession(bootstrap: string, user: string, password: string): Promise<WireConnection> {
  const connection = new WireConnection(bootstrap, { clientId: 'rights' });
  await connection.login(user, password);
  return connection;
}
