import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import avsc from 'avsc';

const USER = { type: 'record', name: 'User', fields: [{ name: 'id', type: 'string' }] };
const ORDER = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'level', type: ['null', 'string'] },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'user', type: 'User' },
  ],
};

export interface TestRegistry {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  /** Nobody is answered. */
  away: boolean;
  close(): Promise<void>;
}

/** Answers as a schema registry does, to whoever knows the password; schemas 7 and 8 are the same. */
export async function openRegistry(): Promise<TestRegistry> {
  const schema = { schema: JSON.stringify(ORDER), references: [{ name: 'User', subject: 'user', version: 3 }] };
  const answers: Record<string, object> = {
    '/schemas/ids/7': schema,
    '/schemas/ids/8': schema,
    '/subjects/user/versions/3': { schema: JSON.stringify(USER), id: 6 },
  };
  const server = createServer((request, response) => {
    const known = request.headers.authorization === `Basic ${Buffer.from('me:secret').toString('base64')}`;
    const answer = answers[request.url ?? ''];
    registry.asked.push(request.url ?? '');
    if (registry.away || !known) response.writeHead(registry.away ? 503 : 401).end();
    else response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? { error_code: 40403 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const registry: TestRegistry = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    away: false,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return registry;
}

/** An order as Confluent's serializer writes it. */
export function framed(value: object, id = 7): Buffer {
  const names = {};
  avsc.Type.forSchema(USER as never, { registry: names });
  const bytes = avsc.Type.forSchema(ORDER as never, { registry: names }).toBuffer(value as never);
  return Buffer.concat([Buffer.from([0, 0, 0, 0, id]), bytes]);
}
