import { pbkdf2 } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import type { PasswordCheck } from '../../../src/security/password-check.ts';
import { until } from '../broker/client.ts';
import { createWorld, type Served, serve, type World } from '../http-search/world.ts';

const work = promisify(pbkdf2);
/** Tasks that keep all threads of the pool busy for a while. */
const POOL = 8;

let served: Served;
afterEach(() => served.front.close(0));

function send(text: string): Socket {
  const socket = connect(served.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(text);
  return socket;
}

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n${headers}\r\n`;

/** Requests under way, but for the one that asks. */
async function underWay(): Promise<number> {
  const text = await (await served.get('/metrics')).text();
  return Number(/^quarry_http_requests_under_way (\d+)/m.exec(text)?.[1]) - 1;
}

/** A world whose searches wait for `release`. */
function waitingWorld(): { readonly world: World; readonly release: () => void } {
  const world = createWorld();
  world.topic('logs', [`a${'b'.repeat(3000)}`]);
  const { promise, resolve } = Promise.withResolvers<void>();
  world.searcher.answer = async () => {
    await promise;
    return {};
  };
  return { world, release: resolve };
}

describe('a client that goes away', () => {
  test('while its password is checked takes no place for ever', async () => {
    const world = createWorld();
    world.topic('logs', ['a']);
    const checked = Promise.withResolvers<boolean>();
    let asked = 0;
    const verify = (): Promise<boolean> => {
      asked++;
      return checked.promise;
    };
    const passwords = { verify } as unknown as PasswordCheck;
    served = await serve({ ...world, deps: { ...world.deps, access: { ...world.deps.access, passwords } } });
    const sockets = ['', 'content-length: 10\r\n'].map((more) =>
      send(get('/logs/_search', `authorization: Basic YTpi\r\n${more}`)),
    );
    await until('the passwords to be asked for', () => asked === sockets.length);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    checked.resolve(true);
    await until('nothing to be under way', async () => (await underWay()) === 0, 3000);
    expect(world.searcher.asked).toEqual([]);
  });

  test('while its answer is compressed takes no place for ever', async () => {
    const { world, release } = waitingWorld();
    served = await serve(world);
    const socket = send(get('/logs/_search', 'accept-encoding: gzip\r\n'));
    await until('the search to begin', () => world.searcher.asked.length === 1);
    const busy = Array.from({ length: POOL }, () => work('password', 'salt', 200_000, 64, 'sha512'));
    release();
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
    await Promise.all(busy);
    await until('nothing to be under way', async () => (await underWay()) === 0, 3000);
  });

  test('takes the requests with it that wait behind another on its connection', async () => {
    const { world, release } = waitingWorld();
    served = await serve(world);
    const socket = send(get('/logs/_search') + get('/health/live').repeat(20) + get('/admin/events'));
    await until('all to be under way', async () => (await underWay()) === 22);
    socket.destroy();
    release();
    await until('nothing to be under way', async () => (await underWay()) === 0, 3000);
  });

  test('ends those of its searches that have not begun', async () => {
    const world = createWorld();
    world.topic('logs', ['a']);
    world.searcher.answer = (_request, signal) =>
      new Promise((resolve) => signal?.addEventListener('abort', () => resolve({})));
    served = await serve(world);
    const body = '{}\n{}\n'.repeat(50);
    const socket = send(`POST /logs/_msearch HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    await until('the searches to begin', () => world.searcher.asked.length === 4);
    socket.destroy();
    await until('nothing to be under way', async () => (await underWay()) === 0, 3000);
    expect(world.searcher.asked).toHaveLength(4);
  });
});

test('what is read for an answer after its time is over takes nothing from the others', async () => {
  const world = createWorld();
  const log = world.topic('logs', ['x'.repeat(1500)]);
  served = await serve(world, { requestTimeoutMs: 100, maxAnswersBytes: 2500 });
  const read = log.read.bind(log);
  const slow = Promise.withResolvers<void>();
  log.read = (offset) => slow.promise.then(() => read(offset));
  expect((await served.json('/logs/_search')).status).toBe(504);
  slow.resolve();
  await new Promise((resolve) => setTimeout(resolve, 20));
  log.read = read;
  expect((await served.json('/logs/_search')).status).toBe(200);
});
