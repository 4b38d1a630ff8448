// Replaces throw-errors.ts in a bundle for browsers, which show an AggregateError as they do an ExceptionGroup.

import type * as node from './throw-errors.ts'

export const throwErrors: typeof node.throwErrors = (message, errors) => {
  if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors, message)
}
