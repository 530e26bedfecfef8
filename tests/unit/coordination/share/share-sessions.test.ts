import { describe, expect, test } from 'vitest';
import { FINAL_EPOCH, ShareSessions, type ShareSession } from '../../../../src/coordination/share/sessions.ts';

const of = (memberId: string, epoch: number, connectionId = 1) => ({ groupId: 'g', memberId, connectionId, epoch });
const places = (count: number) => Array.from({ length: count }, (_, partition) => ({ topicId: 't', partition }));

describe('share sessions', () => {
  test('go on with the next epoch, and remember what was added and not forgotten', () => {
    const sessions = new ShareSessions(10);
    const session = sessions.fetch(of('a', 0), places(2), [], false) as ShareSession;
    expect(sessions.fetch(of('a', 1), [{ topicId: 'u', partition: 0 }], places(1), false)).toBe(session);
    expect([...session.partitions.values()].map(({ topicId, partition }) => `${topicId}-${partition}`)).toEqual([
      't-1',
      'u-0',
    ]);
    expect(sessions.fetch(of('a', 1), [], [], false)).toBe('INVALID_SHARE_SESSION_EPOCH');
    expect(sessions.acknowledge(of('a', 2))).toBe(session);
    expect(sessions.acknowledge(of('a', FINAL_EPOCH))).toBe(session);
  });

  test('the epoch after the last is 1, because 0 would ask for a new session', () => {
    const sessions = new ShareSessions(10);
    const session = sessions.fetch(of('a', 0), [], [], false) as ShareSession;
    session.epoch = 0x7fff_ffff;
    sessions.acknowledge(of('a', 0x7fff_ffff));
    expect(session.epoch).toBe(1);
  });

  test('are not begun by an acknowledgement', () => {
    const sessions = new ShareSessions(10);
    expect(sessions.fetch(of('a', 0), [], [], true)).toBe('INVALID_REQUEST');
    expect(sessions.acknowledge(of('a', 0))).toBe('INVALID_SHARE_SESSION_EPOCH');
    expect(sessions.acknowledge(of('a', 1))).toBe('SHARE_SESSION_NOT_FOUND');
  });

  test('are as many as allowed; a member that begins anew takes its own place', () => {
    const sessions = new ShareSessions(2);
    sessions.fetch(of('a', 0), [], [], false);
    const before = sessions.fetch(of('b', 0), [], [], false) as ShareSession;
    expect(sessions.fetch(of('c', 0), [], [], false)).toBe('SHARE_SESSION_LIMIT_REACHED');
    expect(sessions.fetch(of('b', 0), [], [], false)).not.toBe(before);
    expect(sessions.end(before)).toBe(false);
    expect(sessions.size).toBe(2);
  });

  test('together remember a limited number of partitions', () => {
    const sessions = new ShareSessions(10);
    sessions.fetch(of('a', 0), places(200_000), [], false);
    expect(sessions.fetch(of('b', 0), places(60_000), [], false)).toBe('SHARE_SESSION_LIMIT_REACHED');
    const fits = sessions.fetch(of('b', 0), places(50_000), [], false) as ShareSession;
    expect(sessions.fetch(of('b', 1), [{ topicId: 'u', partition: 0 }], [], false)).toBe('SHARE_SESSION_LIMIT_REACHED');
    expect(sessions.end(fits)).toBe(false);
    expect(sessions.size).toBe(1);
  });

  test('are found by the connection that they came over', () => {
    const sessions = new ShareSessions(10);
    const session = sessions.fetch(of('a', 0, 7), [], [], false);
    sessions.fetch(of('b', 0, 8), [], [], false);
    expect(sessions.ofConnection(7)).toEqual([session]);
  });
});
