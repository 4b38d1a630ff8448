const engine = Error as { stackTraceLimit?: number } & ErrorConstructor // V8's and JavaScriptCore's; elsewhere there is none
let isFrozen = false

/** How many frames the stack of an error has at most; undefined if the engine does not say. */
export function stackTraceLimit(): number | undefined {
  return engine.stackTraceLimit
}

/** Returns false where the intrinsics are frozen (`--frozen-intrinsics`, SES): errors keep their stack there. */
export function setStackTraceLimit(limit: number): boolean {
  if (isFrozen) return false
  try {
    engine.stackTraceLimit = limit
  } catch {
    isFrozen = true
  }
  return !isFrozen
}
