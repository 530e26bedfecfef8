/** One login module of a JAAS configuration with its options. */
export interface LoginModule {
  readonly name: string;
  readonly options: ReadonlyMap<string, string>;
}

const CONTROL_FLAGS = ['REQUIRED', 'REQUISITE', 'SUFFICIENT', 'OPTIONAL'];
/** Spaces and comments; a quoted word; a bare word; a sign. Java takes bare numbers and signs apart, so they need quotes. */
const TOKEN =
  /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)+|"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|([A-Za-z_$\u00a0-\uffff][\w$.\u00a0-\uffff-]*)|([=;])/gy;

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    // The rest is not shown: it may be part of a password.
    if (match === null) throw new RangeError('a value of the JAAS config has to stand in quotes');
    const quoted = match[1] ?? match[2];
    if (quoted !== undefined) tokens.push(`"${quoted.replaceAll(/\\(.)/g, '$1')}`);
    else if (match[3] !== undefined) tokens.push(`"${match[3]}`);
    else if (match[4] !== undefined) tokens.push(match[4]);
  }
  return tokens;
}

/**
 * Parses a value of Kafka's `sasl.jaas.config`: `MODULE required name="value" …;`, one or more. Throws a RangeError, whose message holds none of the
 * values.
 */
export function parseJaas(text: string): LoginModule[] {
  const tokens = tokensOf(text);
  const modules: LoginModule[] = [];
  let at = 0;
  const word = (what: string): string => {
    const token = tokens[at++];
    if (token?.startsWith('"') !== true) throw new RangeError(`the JAAS config has no ${what} where one is due`);
    return token.slice(1);
  };
  while (at < tokens.length) {
    const name = word('login module');
    const flag = word('control flag');
    if (!CONTROL_FLAGS.includes(flag.toUpperCase()))
      throw new RangeError('the JAAS config has an unknown control flag');
    const options = new Map<string, string>();
    while (at < tokens.length && tokens[at] !== ';') {
      const option = word('option');
      if (tokens[at++] !== '=') throw new RangeError('an option of the JAAS config has no value');
      options.set(option, word('value'));
    }
    if (tokens[at++] !== ';') throw new RangeError('an entry of the JAAS config does not end with a semicolon');
    modules.push({ name, options });
  }
  if (modules.length === 0) throw new RangeError('the JAAS config names no login module');
  return modules;
}
