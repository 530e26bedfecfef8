import { describe, expect, test } from 'vitest';
import { type CatalogTopic, DEFAULT_TOPIC_OPTIONS, fits, resolveTopics } from '../../../src/search/topics.ts';

const names = ['app-1', 'app-2', 'app-old', 'Web', '_schemas'];
const topics = names.map((name): CatalogTopic => ({ name, topicId: name, partitions: 1, searchable: true }));
const catalog = { topics: () => topics, topic: (name: string) => topics.find((topic) => topic.name === name) };

function resolved(expression: string, options = DEFAULT_TOPIC_OPTIONS): string[] {
  return resolveTopics(expression, catalog, options).map(({ name }) => name);
}

describe('topic expressions', () => {
  test.each([
    ['app-1', ['app-1']],
    ['app-2,app-1,app-2', ['app-1', 'app-2']],
    [' app-1 , Web ', ['Web', 'app-1']],
    ['app-*', ['app-1', 'app-2', 'app-old']],
    ['*-?', []],
    ['app-*,-app-old', ['app-1', 'app-2']],
    ['*,-app-*', ['Web', '_schemas']],
    ['_all', ['Web', '_schemas', 'app-1', 'app-2', 'app-old']],
    ['', ['Web', '_schemas', 'app-1', 'app-2', 'app-old']],
    ['*', ['Web', '_schemas', 'app-1', 'app-2', 'app-old']],
    ['nothing*', []],
  ])('%j', (expression, expected) => expect(resolved(expression)).toEqual(expected));

  test.each(['web', 'app', 'app-1,nope', '-app-1', '__proto__'])('%j is not found', (expression) => {
    expect(() => resolved(expression)).toThrow('no such index');
  });

  test('what is not found can be passed over', () => {
    expect(resolved('nope,app-1', { ignoreUnavailable: true, allowNoIndices: true })).toEqual(['app-1']);
    expect(() => resolved('nope*', { ignoreUnavailable: true, allowNoIndices: false })).toThrow(
      'no such index [nope*]',
    );
  });

  test('an expression of too many parts is refused', () => {
    expect(() => resolved('a,'.repeat(2000))).toThrow('at most 1000 parts');
  });
});

describe('patterns', () => {
  test.each([
    ['abc', 'abc', true],
    ['abc', 'ab', false],
    ['abc', 'a*c', true],
    ['abc', '*', true],
    ['', '*', true],
    ['', '', true],
    ['abcabc', '*abc', true],
    ['abcab', '*abc', false],
    ['aXbXc', 'a*b*c', true],
    ['abc', '**c', true],
    ['a'.repeat(50_000), `${'*a'.repeat(20)}b`, false],
  ])('%s', (name, pattern, expected) => expect(fits(name, pattern)).toBe(expected));
});
