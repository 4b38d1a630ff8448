/** A pool that has workers. */
interface OpenPool {
  /** Called when this process ends. */
  abandon(): void
}

/** Abandons the pool's calls when this process ends. */
export function opened(pool: OpenPool): void {
  if (pools === undefined) {
    const all = new Set<OpenPool>()
    pools = all
    process.on('exit', () => {
      for (const each of all) each.abandon()
    })
  }
  pools.add(pool)
}

/** The pool has no workers any more. */
export function poolClosed(pool: OpenPool): void {
  pools?.delete(pool)
}

let pools: Set<OpenPool> | undefined
