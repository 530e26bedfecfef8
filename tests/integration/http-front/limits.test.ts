import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createWorld, serve } from '../http-search/world.ts';

describe('limits of a listener', () => {
  test('beyond the requests under way only health and metrics are answered', async () => {
    const world = createWorld();
    world.topic('logs', ['a']);
    const release = Promise.withResolvers<void>();
    world.searcher.answer = async () => {
      await release.promise;
      return {};
    };
    const served = await serve(world, { maxRequests: 2 });
    const waiting = [served.json('/logs/_search'), served.json('/logs/_search')];
    while (world.searcher.asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const refused = await served.json('/logs/_search');
    expect([refused.status, refused.body.error.type]).toEqual([429, 'es_rejected_execution_exception']);
    expect((await served.get('/health')).status).toBe(200);
    expect((await served.get('/metrics')).status).toBe(200);
    release.resolve();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    await served.front.close(0);
  });

  test('connections beyond the limit are closed', async () => {
    const served = await serve(createWorld(), { maxConnections: 2 });
    const open = (): Promise<Socket> =>
      new Promise((resolve) => {
        const socket = connect(served.port, '127.0.0.1', () => resolve(socket));
        socket.on('error', () => {});
      });
    const sockets = [await open(), await open()];
    const third = await open();
    await new Promise((resolve) => third.on('close', resolve));
    for (const socket of sockets) socket.destroy();
    await served.front.close(0);
  });

  test('fields of more topics than an answer may take are 429', async () => {
    const world = createWorld();
    for (let number = 0; number < 20; number++) world.topic(`logs-${number}`, [{ a: 1, b: 2, c: 3 }]);
    const served = await serve(world, { maxAnswerBytes: 10_000 });
    expect((await served.json('/logs-1/_mapping')).status).toBe(200);
    const refused = await served.json('/_mapping');
    expect([refused.status, refused.body.error.type]).toEqual([429, 'circuit_breaking_exception']);
    expect((await served.json('/_field_caps?fields=*')).status).toBe(429);
    await served.front.close(0);
  });

  test('closing lets a request under way end, and takes no new one', async () => {
    const world = createWorld();
    world.topic('logs', ['a']);
    const release = Promise.withResolvers<void>();
    world.searcher.answer = async () => {
      await release.promise;
      return {};
    };
    const served = await serve(world);
    const waiting = served.json('/logs/_search');
    while (world.searcher.asked.length < 1) await new Promise((resolve) => setImmediate(resolve));
    const closed = served.front.close(5000);
    release.resolve();
    expect((await waiting).status).toBe(200);
    await closed;
    await expect(served.get('/')).rejects.toThrow('fetch failed');
  });

  test('a request that does not end in the grace is cut', async () => {
    const world = createWorld();
    world.topic('logs', ['a']);
    world.searcher.answer = () => new Promise(() => {});
    const served = await serve(world);
    const waiting = served.json('/logs/_search').catch((error: Error) => error.message);
    while (world.searcher.asked.length < 1) await new Promise((resolve) => setImmediate(resolve));
    await served.front.close(10);
    expect(await waiting).toBe('fetch failed');
  });

  test('a taken port is an error, and nothing stays open', async () => {
    const world = createWorld();
    const served = await serve(world);
    const listener = { host: '127.0.0.1', port: served.port };
    await expect(serve(createWorld(), {}, { listener })).rejects.toThrow('EADDRINUSE');
    await served.front.close(0);
  });
});
