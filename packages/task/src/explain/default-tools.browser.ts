// Replaces default-tools.ts in a bundle for browsers: `import 'spindle/explain'` adds the tools there.

import type * as node from './default-tools.ts'

export const defaultTools: typeof node.defaultTools = {
  use: undefined,
}
