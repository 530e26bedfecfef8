import { describe, expect, test } from 'vitest';
import { parseJaas } from '../../../src/security/jaas.ts';

describe('a JAAS config', () => {
  test('gives modules with their options', () => {
    const text = `org.apache.kafka.common.security.plain.PlainLoginModule required
      username="admin" password='it''s' // the broker's own
      user_alice="a \\"quoted\\" = secret;" /* and */ user_bob=bobs-secret;`;
    const [plain] = parseJaas(text.replace("'it''s'", `"its"`));
    expect(plain?.name).toBe('org.apache.kafka.common.security.plain.PlainLoginModule');
    expect(Object.fromEntries(plain?.options ?? [])).toEqual({
      username: 'admin',
      password: 'its',
      user_alice: 'a "quoted" = secret;',
      user_bob: 'bobs-secret',
    });
  });

  test('may name several modules', () => {
    expect(parseJaas('a.B required; c.D optional x="1";').map(({ name }) => name)).toEqual(['a.B', 'c.D']);
  });

  test.each([
    ['', /names no login module/],
    ['a.B', /control flag/],
    ['a.B maybe;', /unknown control flag/],
    ['a.B required x="1"', /semicolon/],
    ['a.B required x;', /no value/],
    ['a.B required x=;', /no value where/],
    ['a.B required password=123456;', /quotes/],
    ['a.B required password="open', /quotes/],
  ])('%s is refused, and no value shows', (text, message) => {
    expect(() => parseJaas(text)).toThrow(message);
    expect(() => parseJaas(text)).not.toThrow(/123456|open/);
  });
});
