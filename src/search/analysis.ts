import { tokenize, tokenRoom } from '../fulltext/tokenizer.ts';

/** The tokens that the `standard` analyzer makes of a query's text, as the index has them. */
export function analyze(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  const out = Buffer.allocUnsafe(tokenRoom(bytes.length));
  const tokens: string[] = [];
  tokenize(bytes, 0, bytes.length, out, 0, 0, {
    token(from, to) {
      tokens.push(out.toString('utf8', from, to));
      return from;
    },
  });
  return tokens;
}

/** The words that a query asks of `field`: tokens, or the whole text where the exact value is asked. */
export function wordsFor(field: string | undefined, text: string): readonly string[] {
  return field?.endsWith('.keyword') === true ? [text] : analyze(text);
}
