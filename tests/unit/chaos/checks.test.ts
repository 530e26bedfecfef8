import { describe, expect, test } from 'vitest';
import { anomaliesOf, checkNames } from '../../../chaos/checks.ts';
import type { Event, Place } from '../../../chaos/history.ts';

let clock = 0;
const t = (): number => ++clock;
const begin = (x: string, reads: readonly string[] = []): Event => ({
  e: 'begin',
  w: x.split(':')[0]!,
  t: t(),
  x,
  reads,
});
const send = (x: string, v: string, p = 0): Event => ({ e: 'send', w: x.split(':')[0]!, t: t(), x, p, v });
const plain = (v: string, p = 0): Event => ({ e: 'send', w: v.split('.')[0]!, t: t(), p, v });
const acked = (...s: Place[]): Event => ({ e: 'acked', w: 'w', t: t(), s });
const commit = (x: string, mark?: number): Event => ({
  e: 'commit',
  w: x.split(':')[0]!,
  t: t(),
  x,
  ...(mark === undefined ? {} : { mark }),
});
const ok = (x: string, ...s: Place[]): Event => ({ e: 'ok', w: x.split(':')[0]!, t: t(), x, s });
const aborted = (x: string): Event => ({ e: 'aborted', w: x.split(':')[0]!, t: t(), x });
const unknown = (x: string): Event => ({ e: 'unknown', w: x.split(':')[0]!, t: t(), x, why: 'a time-out' });
const mark = (w: string, value: number): Event => ({ e: 'mark', w, t: t(), mark: value });
const read = (w: string, ...r: Place[]): Event => ({ e: 'read', w, t: t(), iso: 'c', n: 1, r });
const ends = (w: string, ...of: number[]): Event => ({ e: 'ends', w, t: t(), ends: of });
const end: Event = { e: 'end', w: 'final', t: 0 };

const found = (...history: Event[]): string[] => [...new Set(anomaliesOf(history).map(({ name }) => name))];

describe('a history without anomalies', () => {
  test('is one in which all that was acknowledged is there, in order', () => {
    const history = [
      plain('w.1'),
      acked([0, 0, 'w.1']),
      begin('a:1', ['w.1']),
      send('a:1', 'a.1'),
      commit('a:1', 1),
      ok('a:1', [0, 1, 'a.1']),
      begin('a:2'),
      send('a:2', 'a.2'),
      aborted('a:2'),
      read('r', [0, 0, 'w.1'], [0, 1, 'a.1']),
      ends('hwm', 2),
      ends('hwm', 5),
      read('final', [0, 0, 'w.1'], [0, 1, 'a.1']),
      end,
    ];
    expect(found(...history)).toEqual([]);
  });

  test('may have a transaction whose outcome nobody was told, as long as offsets and records agree', () => {
    const before = [begin('a:1'), send('a:1', 'a.1'), commit('a:1', 1), unknown('a:1')];
    expect(found(...before, mark('a', 1), read('final', [0, 0, 'a.1']), end)).toEqual([]);
    expect(found(...before, mark('a', -1), end)).toEqual([]);
  });
});

/** For each anomaly a history that has it. */
const HISTORIES: Readonly<Record<string, readonly Event[]>> = {
  'inconsistent-offsets': [
    plain('w.1'),
    plain('w.2'),
    acked([0, 0, 'w.1']),
    read('r', [0, 0, 'w.2']),
    read('final', [0, 0, 'w.1']),
    end,
  ],
  duplicate: [plain('w.1'), acked([0, 0, 'w.1']), read('final', [0, 0, 'w.1'], [1, 4, 'w.1']), end],
  'lost-write': [plain('w.1'), acked([0, 0, 'w.1']), end],
  'aborted-read': [begin('a:1'), send('a:1', 'a.1'), commit('a:1'), aborted('a:1'), read('r', [0, 0, 'a.1']), end],
  'precommitted-read': [
    begin('a:1'),
    send('a:1', 'a.1'),
    read('r', [0, 0, 'a.1']),
    commit('a:1'),
    ok('a:1'),
    read('final', [0, 0, 'a.1']),
    end,
  ],
  'torn-transaction': [
    begin('a:1'),
    send('a:1', 'a.1'),
    send('a:1', 'a.2', 1),
    commit('a:1'),
    unknown('a:1'),
    read('final', [0, 0, 'a.1']),
    end,
  ],
  'torn-offsets': [begin('a:1'), send('a:1', 'a.1'), commit('a:1', 1), unknown('a:1'), mark('a', 1), end],
  'poll-skip': [
    plain('w.1'),
    plain('w.2'),
    plain('w.3'),
    read('r', [0, 0, 'w.1']),
    read('r', [0, 2, 'w.3']),
    read('final', [0, 0, 'w.1'], [0, 1, 'w.2'], [0, 2, 'w.3']),
    end,
  ],
  reordered: [plain('w.1'), plain('w.2'), read('final', [0, 0, 'w.2'], [0, 1, 'w.1']), end],
  backwards: [ends('lso', 7), ends('lso', 6), end],
  G1c: [
    begin('a:1', ['b.1']),
    send('a:1', 'a.1'),
    begin('b:1', ['a.1']),
    send('b:1', 'b.1'),
    commit('a:1'),
    commit('b:1'),
    ok('a:1'),
    ok('b:1'),
    read('final', [0, 0, 'a.1'], [0, 1, 'b.1']),
    end,
  ],
  stuck: [{ e: 'hanging', w: 'final', t: 1 }, end],
};

describe('an anomaly is found', () => {
  test.each(Object.keys(HISTORIES))('%s', (name) => {
    expect(found(...(HISTORIES[name] ?? []))).toEqual([name]);
  });

  test('and every kind has its history here', () => {
    expect(Object.keys(HISTORIES).sort()).toEqual([...checkNames].sort());
  });

  test('a committed offset that goes back to an earlier transaction', () => {
    const first = [begin('a:1'), commit('a:1', 1), ok('a:1'), begin('a:2'), commit('a:2', 2), ok('a:2')];
    expect(found(...first, mark('a', 1), end)).toEqual(['torn-offsets']);
  });
});
