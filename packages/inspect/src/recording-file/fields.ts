import { type FieldType, ROWS, type Row } from '../recording.ts'

/** The maximum number of texts of a file that have a number. */
export const MAX_STRINGS = 4096

/**
 * The kinds by their number. The header of a file names them: a recording older than its reader has fewer kinds; a
 * newer one may have more kinds, and more fields at the end of a row.
 */
export const KINDS: readonly Row['kind'][] = Object.keys(ROWS) as Row['kind'][]

export const FIELDS: { readonly [Kind in Row['kind']]: readonly (readonly [name: string, type: FieldType])[] } =
  Object.fromEntries(KINDS.map((kind) => [kind, Object.entries(ROWS[kind])])) as never

/** Whether a field can be left out at the end of a row. */
export function isDefault(value: unknown, type: FieldType): boolean {
  if (type === 'tasks') return value === undefined
  if (type === 'positions') return (value as readonly unknown[]).length === 0
  return type === 'string' ? value === '' : (type === 'task' || type === 'number') && Object.is(value, 0)
}

export function defaultOf(type: FieldType): unknown {
  if (type === 'positions') return []
  return type === 'string' ? '' : type === 'task' || type === 'number' ? 0 : undefined
}
