import type { SnapshotId, TableMetadata } from './metadata.ts';

/** What must be true of a table for a commit to apply, in the words of the REST catalog spec (`TableRequirement`). */
export type TableRequirement =
  | { readonly type: 'assert-create' }
  | { readonly type: 'assert-table-uuid'; readonly uuid: string }
  | { readonly type: 'assert-ref-snapshot-id'; readonly ref: string; readonly 'snapshot-id': SnapshotId | null }
  | { readonly type: 'assert-last-assigned-field-id'; readonly 'last-assigned-field-id': number }
  | { readonly type: 'assert-current-schema-id'; readonly 'current-schema-id': number }
  | { readonly type: 'assert-last-assigned-partition-id'; readonly 'last-assigned-partition-id': number }
  | { readonly type: 'assert-default-spec-id'; readonly 'default-spec-id': number }
  | { readonly type: 'assert-default-sort-order-id'; readonly 'default-sort-order-id': number };

/** A requirement does not hold: somebody else committed since the writer looked. */
export class RequirementFailed extends Error {
  override readonly name = 'RequirementFailed';
}

/** What a requirement compares: what the writer saw, and what is. */
function compared(metadata: TableMetadata, requirement: TableRequirement): { expected: unknown; actual: unknown } {
  switch (requirement.type) {
    case 'assert-create':
      return { expected: 'no table', actual: `table ${metadata['table-uuid']}` };
    case 'assert-table-uuid':
      return { expected: requirement.uuid, actual: metadata['table-uuid'] };
    case 'assert-ref-snapshot-id':
      return {
        expected: requirement['snapshot-id'] ?? undefined,
        actual: metadata.refs[requirement.ref]?.['snapshot-id'],
      };
    case 'assert-last-assigned-field-id':
      return { expected: requirement['last-assigned-field-id'], actual: metadata['last-column-id'] };
    case 'assert-current-schema-id':
      return { expected: requirement['current-schema-id'], actual: metadata['current-schema-id'] };
    case 'assert-last-assigned-partition-id':
      return { expected: requirement['last-assigned-partition-id'], actual: metadata['last-partition-id'] };
    case 'assert-default-spec-id':
      return { expected: requirement['default-spec-id'], actual: metadata['default-spec-id'] };
    case 'assert-default-sort-order-id':
      return { expected: requirement['default-sort-order-id'], actual: metadata['default-sort-order-id'] };
    default:
      // An unknown requirement cannot be known to hold.
      return { expected: 'a requirement that is known', actual: (requirement as { type: unknown }).type };
  }
}

/** Throws RequirementFailed unless all hold; `metadata` is undefined where there is no table. */
export function checkRequirements(
  metadata: TableMetadata | undefined,
  requirements: readonly TableRequirement[],
): void {
  for (const requirement of requirements) {
    if (metadata === undefined) {
      if (requirement.type === 'assert-create') continue;
      if (requirement.type === 'assert-ref-snapshot-id' && requirement['snapshot-id'] === null) continue;
      throw new RequirementFailed(`${requirement.type}: there is no such table`);
    }
    const { expected, actual } = compared(metadata, requirement);
    if (expected !== actual)
      throw new RequirementFailed(`${requirement.type}: expected ${String(expected)}, found ${String(actual)}`);
  }
}
