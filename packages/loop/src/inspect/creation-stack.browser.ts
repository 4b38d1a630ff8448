// Replaces creation-stack.ts in a bundle for browsers, where frames of Spindle look like the user's: the whole stack is
// available, the place of the call is not.

import type * as node from './creation-stack.ts'

const stacks = new WeakMap<object, Error>()

export const creationStack: typeof node.creationStack = {
  record(object) {
    stacks.set(object, new Error())
  },
  of: (object) => stacks.get(object)?.stack?.replace(/^Error\n/, ''),
  addPlace() {},
  place: () => undefined,
}

export const isOurs: typeof node.isOurs = () => false
