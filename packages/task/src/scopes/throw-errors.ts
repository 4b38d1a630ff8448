import { ExceptionGroup } from '@spindle/loop'

/** Throws the errors of several listeners as one; a single error is thrown unchanged. */
export function throwErrors(message: string, errors: readonly unknown[]): void {
  if (errors.length > 0) throw errors.length === 1 ? errors[0] : new ExceptionGroup(message, errors)
}
