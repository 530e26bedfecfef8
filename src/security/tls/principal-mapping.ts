/** Turns the distinguished name of a certificate into a name; undefined when the rule does not apply. */
type Rule = (distinguishedName: string) => string | undefined;

const SPLIT = /\s*(DEFAULT|RULE:(?:\\.|[^\\/])*\/(?:\\.|[^\\/])*\/[LU]?|[^,]*?)\s*(?:,\s*|$)/gy;
const RULE = /^RULE:((?:\\.|[^\\/])*)\/((?:\\.|[^\\/])*)\/([LU]?)$/;

/** Java's replacement text for JavaScript: `$1` is a group where there is so many, `\` takes its meaning from what follows. */
function replacer(replacement: string, groups: number): (found: readonly string[]) => string {
  return (found) =>
    replacement.replaceAll(/\\(.)|\$(\d+)/g, (whole: string, quoted?: string, digits?: string) => {
      if (quoted !== undefined) return quoted;
      let name = digits ?? '';
      while (Number(name) > groups && name.length > 1) name = name.slice(0, -1);
      if (Number(name) > groups) return whole;
      return (found[Number(name)] ?? '') + (digits ?? '').slice(name.length);
    });
}

function parseRule(text: string): Rule {
  if (text === 'DEFAULT') return (name) => name;
  const match = RULE.exec(text);
  if (match === null) throw new RangeError(`'${text}' is no rule`);
  const [, pattern = '', replacement = '', letters] = match;
  const whole = new RegExp(`^(?:${pattern})$`);
  const groups = (new RegExp(`${pattern}|`).exec('')?.length ?? 1) - 1;
  const replace = replacer(replacement, groups);
  return (name) => {
    const found = whole.exec(name);
    if (found === null) return undefined;
    const mapped = replace(found);
    if (letters === 'L') return mapped.toLowerCase();
    return letters === 'U' ? mapped.toUpperCase() : mapped;
  };
}

/**
 * Parses Kafka's `ssl.principal.mapping.rules` (KIP-371). The function that it gives applies the first rule that fits, and throws a RangeError when none
 * does. Throws a RangeError (or SyntaxError of a pattern) for text that is no list of rules.
 */
export function principalMapping(text: string): (distinguishedName: string) => string {
  const rules: Rule[] = [];
  const trimmed = text.trim();
  SPLIT.lastIndex = 0;
  while (SPLIT.lastIndex < trimmed.length) {
    const match = SPLIT.exec(trimmed);
    if (match === null) throw new RangeError(`'${trimmed}' is no list of rules`);
    if (match[1] !== '') rules.push(parseRule(match[1] ?? ''));
  }
  return (name) => {
    for (const rule of rules) {
      const mapped = rule(name);
      if (mapped !== undefined) return mapped;
    }
    throw new RangeError('no rule of ssl.principal.mapping.rules applies to the subject of the certificate');
  };
}
