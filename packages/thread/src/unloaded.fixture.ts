/** Tells over the global object that it was called, as its module is another instance than that of the test. */
export function elsewhere(value: string): void {
  Reflect.set(globalThis, 'spindle.unloaded', value)
}
