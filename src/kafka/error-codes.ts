import type { Api, Fields } from '../../protocol/schema/index.ts';

/** Calls `found` with each error code of a response that is not 0. */
export type CodeVisitor = (response: unknown, found: (code: number) => void) => void;

/** Fields that hold one. That of CreateTopics which tells why configs are not shown (`topicConfigErrorCode`) is not meant. */
const CODES: ReadonlySet<string> = new Set(['errorCode', 'partitionErrorCode', 'acknowledgeErrorCode']);

type Struct = Readonly<Record<string, unknown>>;
type Visit = (struct: Struct, found: (code: number) => void) => void;

/** What to look at in one struct of a response, or undefined when there is nothing in it. */
function visitorOf(fields: Fields): Visit | undefined {
  const codes: string[] = [];
  const nested: { name: string; visit: Visit }[] = [];
  for (const [name, { type }] of Object.entries(fields)) {
    if (CODES.has(name) && type.kind === 'int16') codes.push(name);
    if (type.kind !== 'array' || !('element' in type) || type.element.kind !== 'struct') continue;
    const visit = visitorOf((type.element as { fields: Fields }).fields);
    if (visit !== undefined) nested.push({ name, visit });
  }
  if (codes.length === 0 && nested.length === 0) return undefined;
  return (struct, found) => {
    for (const name of codes) {
      const code = struct[name];
      if (typeof code === 'number' && code !== 0) found(code);
    }
    for (const { name, visit } of nested) {
      const list = struct[name];
      if (Array.isArray(list)) for (const element of list) visit(element as Struct, found);
    }
  };
}

/** How to find the error codes in the responses of `api`, worked out once from its schema. */
export function codeVisitorOf(api: Api): CodeVisitor {
  const visit = visitorOf(api.response.fields);
  return (response, found) => visit?.(response as Struct, found);
}
