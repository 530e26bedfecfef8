import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, record, type Served, serve } from './world.ts';

describe('single records', () => {
  const world = createWorld();
  let served: Served;

  beforeAll(async () => {
    const log = world.topic('logs', [{ level: 'ERROR', n: 1 }, 'text']);
    log.append([record('undone')], { isTransactional: true, producerId: 7, producerEpoch: 0, baseSequence: 0 });
    log.append([record('done')], { isTransactional: true, producerId: 8, producerEpoch: 0, baseSequence: 0 });
    log.append([record('late')]);
    log.aborted = [{ producerId: 7, firstOffset: 2, lastOffset: 9 }];
    log.lastStableOffset = 4;
    served = await serve(world);
  });
  afterAll(() => served.front.close(0));

  test('_doc has the record with its identity', async () => {
    const { status, body } = await served.json('/logs/_doc/0:0');
    expect(status).toBe(200);
    expect(body).toMatchObject({ _index: 'logs', _id: '0:0', _version: 1, _seq_no: 0, _primary_term: 1, found: true });
    expect(body._source).toMatchObject({ level: 'ERROR', n: 1 });
  });

  test('_source is the document by itself', async () => {
    expect((await served.json('/logs/_source/0:1?_source_excludes=_kafka')).body).toEqual({
      message: 'text',
      '@timestamp': '1970-01-01T00:00:01.000Z',
    });
  });

  test.each(['0:9', '1:0', 'nonsense', '0:4', '0:2'])('no record %s is 404', async (id) => {
    expect(await served.json(`/logs/_doc/${id}`)).toEqual({
      status: 404,
      body: { _index: 'logs', _id: id, found: false },
    });
    expect((await served.json(`/logs/_source/${id}`)).status).toBe(404);
  });

  test('a record of a committed transaction is there', async () => {
    expect((await served.json('/logs/_doc/0:3')).body._source.message).toBe('done');
  });

  test('a topic that does not exist is 404', async () => {
    expect((await served.json('/nothere/_doc/0:0')).body.error.type).toBe('index_not_found_exception');
  });

  test('HEAD asks whether a record exists', async () => {
    expect((await served.get('/logs/_doc/0:0', { method: 'HEAD' })).status).toBe(200);
    expect((await served.get('/logs/_doc/0:99', { method: 'HEAD' })).status).toBe(404);
  });
});
