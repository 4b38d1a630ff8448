/**
 * For libraries with only one way to call a coroutine: see the figures of `depth-…` and `fib`. @type {Record<string,
 * string>}
 */
export const oneKindOfCall = Object.fromEntries(
  ['plain-1', 'plain-10', 'plain-100', 'plain-1000', 'fib-plain', 'generator'].map((name) => [
    name,
    `it has only one kind of call: see ${name.startsWith('plain') ? name.replace('plain', 'depth') : 'fib'}`,
  ]),
)
