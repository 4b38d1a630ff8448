// Replaces format-error.ts in a bundle for browsers, whose consoles show errors, causes and members better than text.

import { isError, repr } from '../inspect/repr.ts'
import type * as node from './format-error.ts'

export const formatError: typeof node.formatError = (error) =>
  isError(error) ? error.stack || String(error) : `thrown: ${repr(error)}`
