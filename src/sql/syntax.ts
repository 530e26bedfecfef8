/** A node of the tree that DuckDB's `json_serialize_sql` gives. */
export type SyntaxNode = Readonly<Record<string, unknown>>;

/** Whether a value of the tree is a node. */
export function isObject(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Every node of a tree, parents first. */
export function* nodesOf(root: unknown): Generator<SyntaxNode> {
  const left: unknown[] = [root];
  while (left.length > 0) {
    const next = left.pop();
    if (Array.isArray(next)) left.push(...(next as unknown[]).toReversed());
    else if (isObject(next)) {
      yield next;
      left.push(...Object.values(next).toReversed());
    }
  }
}
