const engine = Error as { stackTraceLimit?: number } & ErrorConstructor // exists in V8 and JavaScriptCore
let isFrozen = false

export function stackTraceLimit(): number | undefined {
  return engine.stackTraceLimit
}

/** Returns false if the intrinsics are frozen (`--frozen-intrinsics`, SES), so that errors keep their stack. */
export function setStackTraceLimit(limit: number): boolean {
  if (isFrozen) return false
  try {
    engine.stackTraceLimit = limit
  } catch {
    isFrozen = true
  }
  return !isFrozen
}
