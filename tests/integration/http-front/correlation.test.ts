import { expect, test } from 'vitest';
import { currentLogFields, type Logger, silentLogger } from '../../../src/base/logger.ts';
import { Broker } from '../../../src/broker/index.ts';

/** A broker, and the lines of a kind with what their context says. */
async function listening(said: string) {
  const lines: { correlation: unknown }[] = [];
  const take: Logger['info'] = (_fields, message) => {
    if (message.includes(said)) lines.push({ correlation: currentLogFields()?.['correlation'] });
  };
  const logger: Logger = { ...silentLogger, debug: take, info: take, warn: take, error: take, child: () => logger };
  const broker = await Broker.start({
    logger,
    settings: { 'http.authentication': 'required' },
  });
  return { broker, lines, url: `http://${broker.httpAddress}/admin/topics` };
}

test('log lines of an HTTP request carry what the client calls it, and the answer says it too', async () => {
  const { broker, lines, url } = await listening('an authentication failed');
  await using _ended = broker;
  const authorization = `Basic ${btoa('nobody:wrong')}`;
  const answer = await fetch(url, { headers: { authorization, 'x-opaque-id': 'order 17' } });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('x-opaque-id')).toBe('order 17');
  expect(lines).toEqual([{ correlation: 'order 17' }]);
});

test('requests without a name are told apart in the log', async () => {
  const { broker, lines, url } = await listening('an authentication failed');
  await using _ended = broker;
  const authorization = `Basic ${btoa('nobody:wrong')}`;
  for (let request = 0; request < 2; request++) {
    const answer = await fetch(url, { headers: { authorization } });
    expect(answer.headers.get('x-opaque-id')).toBeNull();
  }
  expect(lines).toHaveLength(2);
  expect(lines[0]?.correlation).toMatch(/^http-\d+$/);
  expect(lines[1]?.correlation).not.toBe(lines[0]?.correlation);
});
