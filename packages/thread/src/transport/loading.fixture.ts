import { type FunctionReference, toReference } from './function-reference.ts'

export { later, ready }

function ready(): string {
  return later
}

export const reference: FunctionReference = toReference(ready)

const later = 'a variable that is not initialised when `ready` is passed'
