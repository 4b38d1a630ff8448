// Loaded by whoever is not the test, it does not come to its end.
if (!('spindle.test' in globalThis)) await new Promise(() => {})

export function harmless(): void {}
