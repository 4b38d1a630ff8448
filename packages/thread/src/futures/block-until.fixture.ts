import { sleep } from '../index.ts'

/**
 * Blocks this thread until something holds that others bring about; throws if it still does not after a minute: they
 * hang.
 */
export function blockUntil(holds: () => boolean): void {
  for (let waited = 0; !holds(); waited += 5) {
    if (waited > 60_000) throw new Error(`it does not become true: ${holds}`)
    sleep(5)
  }
}
