export function depthOf(n: number): number {
  return n === 0 ? 0 : 1 + depthOf(n - 1)
}

/** Something a process knows, and no thread should wait for: how to survive SIGTERM. */
export function survive(): void {
  process.on('SIGTERM', () => {})
}

export function execArgv(): readonly string[] {
  return process.execArgv
}

export function waitsWhileTimerThrows(): Promise<void> {
  setTimeout(() => {
    throw new RangeError('of a timer')
  })
  return new Promise((resolve) => setTimeout(resolve, 60_000))
}
