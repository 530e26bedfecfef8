import { expect, test } from 'vitest';
import { below, seededRandom } from '../../../src/base/random.ts';
import { analyze, lowerCase } from '../../../src/fulltext/analyzer.ts';
import { words } from './oracle/naive.ts';

const terms = (text: string): string[] => analyze(text).map((bytes) => Buffer.from(bytes).toString('utf8'));

test('words are Unicode words in lower case', () => {
  expect(terms('Hello, WORLD! ünïcödé ÉLAN naïve Здравствуй ΣΑΣ')).toEqual([
    'hello',
    'world',
    'ünïcödé',
    'élan',
    'naïve',
    'здравствуй',
    'σασ',
  ]);
});

test('points and apostrophes join letters, points and commas join digits, connectors join both', () => {
  expect(terms("don't example.com. v1.2 10.0.0.1 1,000 a.1 1.a foo_bar a..b x:y end.")).toEqual([
    "don't",
    'example.com',
    'v1.2',
    '10.0.0.1',
    '1,000',
    'a',
    '1',
    '1',
    'a',
    'foo_bar',
    'a',
    'b',
    'x',
    'y',
    'end',
  ]);
});

test('connectors alone are no word, and hyphens and slashes split', () => {
  expect(terms('___ _ _a user=42 GET /api/v1/x-y')).toEqual(['_a', 'user', '42', 'get', 'api', 'v1', 'x', 'y']);
});

test('Han, Hiragana, Katakana and Hangul become bigrams, one that stands alone stays', () => {
  expect(terms('東京都 日 カタカナ 한국어 Java東京')).toEqual([
    '東京',
    '京都',
    '日',
    'カタ',
    'タカ',
    'カナ',
    '한국',
    '국어',
    'java',
    '東京',
  ]);
});

test('combining marks belong to the word before them', () => {
  expect(terms('e\u0301a \u0301 \u0301b')).toEqual(['e\u0301a', 'b']);
});

test('a word longer than 255 UTF-16 units is split there', () => {
  expect(terms('a'.repeat(600)).map(({ length }) => length)).toEqual([255, 255, 90]);
  expect(terms('ä'.repeat(300)).map(({ length }) => length)).toEqual([255, 45]);
  expect(terms(`${'ä'.repeat(200)}${'b'.repeat(100)}`).map(({ length }) => length)).toEqual([255, 45]);
  expect(terms('𝒳'.repeat(130)).map(({ length }) => length)).toEqual([254, 6]);
});

test('lone surrogates and emoji separate words', () => {
  expect(terms('a\ud800b x😀y')).toEqual(['a', 'b', 'x', 'y']);
});

test('random text gives the words that a regular expression finds', () => {
  const random = seededRandom(11);
  const alphabet = "aB9_.',; -é'ß.x7";
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: below(random, 24) }, () => alphabet[below(random, alphabet.length)]).join('');
    expect({ text, terms: terms(text) }).toEqual({ text, terms: words(text) });
  }
});

test('lower case is done character by character', () => {
  expect(lowerCase('ÄbC İΣ 😀')).toBe('äbc iσ 😀');
});
