const WHY = 'it has only one kind of call: see `depth-…` and `fib`'

/** For libraries with only one way to call a coroutine. @type {Record<string, string>} */
export const oneKindOfCall = { plain: WHY, 'fib-plain': WHY, generator: WHY }
