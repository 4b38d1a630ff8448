// Loaded by whoever is not the test, it kills its process.
if (!('spindle.test' in globalThis)) process.kill(process.pid, 'SIGKILL')

export function harmless(): void {}
