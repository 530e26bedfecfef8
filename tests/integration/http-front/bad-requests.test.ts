import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, type Served, serve } from '../http-search/world.ts';

describe('requests that cannot be answered', () => {
  const world = createWorld();
  let served: Served;

  beforeAll(async () => {
    world.topic('logs', ['a']);
    served = await serve(world, { maxBodiesBytes: 250_000, requestTimeoutMs: 1000 });
  });
  afterAll(() => served.front.close(0));

  /** Sends bytes and collects what comes until the connection ends, or until `until` has come. */
  function raw(bytes: string | Buffer, until?: string): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(served.port, '127.0.0.1');
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (until !== undefined && text.includes(until)) socket.destroy();
      });
      socket.on('error', () => resolve(text));
      socket.on('close', () => resolve(text));
      socket.write(bytes);
    });
  }

  test('an unknown path is 404 in JSON', async () => {
    const { status, body } = await served.json('/logs/_nothing/here');
    expect(status).toBe(404);
    expect(body).toMatchObject({ status: 404, error: { type: 'no_handler_found' } });
  });

  test('a method that a path does not have is 405 and names those it has', async () => {
    const response = await served.get('/logs/_search', { method: 'DELETE' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST');
    expect(((await response.json()) as any).error.reason).toContain('allowed: [GET, HEAD, OPTIONS, POST]');
    const unknown = await served.get('/admin/processor/pause', { method: 'PATCH' });
    expect([unknown.status, unknown.headers.get('allow')]).toEqual([405, 'OPTIONS, POST']);
  });

  test('OPTIONS names the methods, HEAD answers without a body', async () => {
    const options = await served.get('/logs/_search', { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, POST']);
    expect(options.headers.get('content-length')).toBeNull();
    expect((await served.get('/a/b/c', { method: 'OPTIONS' })).status).toBe(404);
    const head = await served.get('/logs/_search', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100);
  });

  test('malformed percent-encoding is 400', async () => {
    expect((await served.json('/%zz/_search')).body.error.reason).toContain('not valid percent-encoding');
  });

  test('a body larger than the limit is 413, declared or not, plain or compressed', async () => {
    const large = 'x'.repeat(200_000);
    expect((await served.post('/logs/_search', large)).body.error.type).toBe('content_too_long_exception');
    const chunked = await raw(
      `POST /logs/_search HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n30d40\r\n${large}\r\n0\r\n\r\n`,
    );
    expect(chunked).toContain('HTTP/1.1 413');
    const body = gzipSync(Buffer.alloc(5_000_000));
    expect(
      (await served.json('/logs/_search', { method: 'POST', headers: { 'content-encoding': 'gzip' }, body })).status,
    ).toBe(413);
  });

  test('an unknown content coding is 415, and a broken one 400', async () => {
    const send = (coding: string): Promise<{ status: number }> =>
      served.json('/logs/_search', { method: 'POST', headers: { 'content-encoding': coding }, body: 'abc' });
    expect((await send('snappy')).status).toBe(415);
    expect((await send('__proto__')).status).toBe(415);
    expect((await send('gzip')).status).toBe(400);
  });

  test('bodies under way share a bound, and give it back', async () => {
    const half = `POST /logs/_search HTTP/1.1\r\nhost: x\r\ncontent-length: 90000\r\n\r\n${' '.repeat(80_000)}`;
    const sockets = [1, 2, 3].map(() => {
      const socket = connect(served.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(half);
      return socket;
    });
    let answer = await served.post('/logs/_search', ' '.repeat(50_000));
    for (let i = 0; answer.status === 200 && i < 100; i++)
      answer = await served.post('/logs/_search', ' '.repeat(50_000));
    expect([answer.status, answer.body.error?.type]).toEqual([429, 'circuit_breaking_exception']);
    for (const socket of sockets) socket.destroy();
    for (let i = 0; answer.status !== 200 && i < 100; i++)
      answer = await served.post('/logs/_search', ' '.repeat(50_000));
    expect(answer.status).toBe(200);
  });

  test('bytes that are no HTTP are answered with 400, and headers without end with 431', async () => {
    expect(await raw('\x16\x03\x01\x02\x00\x01\x00\r\n\r\n')).toContain('HTTP/1.1 400 Bad Request');
    expect(await raw(`GET / HTTP/1.1\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`)).toContain('HTTP/1.1 431');
  });

  test('a request that does not arrive in time is ended', async () => {
    const answer = await raw('POST /logs/_search HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc');
    expect(answer).toContain('HTTP/1.1 408');
  });

  test('requests on one connection are answered in order', async () => {
    const one = 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n';
    const two = 'GET /nothing/at/all HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    const text = await raw(one + one + two);
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual(['200', '200', '404']);
  });

  test('the whole address is as good as the path', async () => {
    const text = await raw(
      'GET http://elsewhere:9200/health/live?pretty HTTP/1.1\r\nhost: elsewhere:9200\r\nconnection: close\r\n\r\n',
    );
    expect(text).toContain('HTTP/1.1 200');
    expect(text).toContain('"status": "live"');
  });

  test('a search that does not end is answered with 504, and aborted', async () => {
    let aborted: AbortSignal | undefined;
    world.searcher.answer = (_request, signal) => {
      aborted = signal;
      return new Promise(() => {});
    };
    const { status, body } = await served.json('/logs/_search');
    world.searcher.answer = () => ({});
    expect([status, body.error.type, aborted?.aborted]).toEqual([504, 'timeout_exception', true]);
  });

  test('a client that goes away aborts its search', async () => {
    const aborted = new Promise<void>((resolve) => {
      world.searcher.answer = (_request, signal) => {
        signal?.addEventListener('abort', () => resolve());
        socket.destroy();
        return new Promise(() => {});
      };
    });
    const socket = connect(served.port, '127.0.0.1');
    socket.write('GET /logs/_search HTTP/1.1\r\nhost: x\r\n\r\n');
    await aborted;
    world.searcher.answer = () => ({});
    expect((await served.json('/logs/_search')).status).toBe(200);
  });

  test('a fault inside is 500 without its details', async () => {
    world.searcher.answer = () => {
      throw new Error('secret path /var/lib');
    };
    const { status, body } = await served.json('/logs/_search');
    world.searcher.answer = () => ({});
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secret');
  });
});
