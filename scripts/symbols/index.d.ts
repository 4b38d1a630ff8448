// For scripts/build.mjs alone. A member whose name is a symbol of another package is @internal to the compiler only if
// it knows that symbol, and the build does not follow imports.

declare module '@spindle/loop/internal' {
  export const inspectSymbol: unique symbol
}

declare module '@spindle/task' {
  export const coroutineIterator: unique symbol
}
