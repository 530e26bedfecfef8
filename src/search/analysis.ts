import { analyze } from '../fulltext/analyzer.ts';

/** The tokens that the `standard` analyzer makes of a query's text, as the index has them. */
export function tokensOf(text: string): string[] {
  return analyze(text).map((token) => Buffer.from(token.buffer, token.byteOffset, token.byteLength).toString('utf8'));
}

/** The words that a query asks of `field`: tokens, or the whole text where the exact value is asked. */
export function wordsFor(field: string | undefined, text: string): readonly string[] {
  return field?.endsWith('.keyword') === true ? [text] : tokensOf(text);
}
