import { describe, expect, test } from 'vitest';
import { principalMapping } from '../../../src/security/tls/principal-mapping.ts';

const DUKE = 'CN=Duke, OU=ServiceUsers, O=Org, C=US';

describe('rules for principals', () => {
  test.each([
    ['DEFAULT', DUKE, DUKE],
    ['RULE:^CN=(.*?), OU=ServiceUsers.*$/$1/', DUKE, 'Duke'],
    ['RULE:^CN=(.*?), OU=ServiceUsers.*$/$1/L', DUKE, 'duke'],
    ['RULE:^CN=(.*?), OU=(.*?), O=(.*?), C=(.*?)$/$1@$2/U', DUKE, 'DUKE@SERVICEUSERS'],
    ['RULE:^CN=nobody$/x/, RULE:^.*CN=(.*?),.*$/$1/L, DEFAULT', DUKE, 'duke'],
    ['RULE:^CN=nobody$/x/,DEFAULT', DUKE, DUKE],
    ['RULE:^CN=(\\w+)\\/(\\w+).*$/$2\\/$1/', 'CN=kafka/host,O=x', 'host/kafka'],
    ['RULE:^(.*?),.*$/$2@$1/', DUKE, '$2@CN=Duke'],
    ['RULE:^CN=(.*?),.*$/$12/', DUKE, 'Duke2'],
  ])('%s', (rules, name, mapped) => {
    expect(principalMapping(rules)(name)).toBe(mapped);
  });

  test('a name that no rule fits has no principal', () => {
    expect(() => principalMapping('RULE:^CN=other$/x/')(DUKE)).toThrow(/no rule/);
  });

  test.each(['nonsense', 'RULE:^CN=(.*)/$1', 'RULE:(/x/', 'DEFAULT,RULE:a/b'])('%s is refused', (rules) => {
    expect(() => principalMapping(rules)).toThrow();
  });
});
