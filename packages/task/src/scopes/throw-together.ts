import { ExceptionGroup } from '@spindle/loop'

/** Throws what several listeners have thrown: a single error as it is. */
export function throwTogether(message: string, errors: readonly unknown[]): void {
  if (errors.length > 0) throw errors.length === 1 ? errors[0] : new ExceptionGroup(message, errors)
}
