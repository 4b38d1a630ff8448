import { checkedTimeout } from '../shared-memory/block.ts'

/** The timeout of a lock: undefined waits forever, 0 not at all. @throws RangeError for a negative one */
export function lockTimeout(timeout: number | undefined): number {
  const limit = checkedTimeout(timeout)
  if (timeout !== undefined && timeout < 0) throw new RangeError('timeout value must be a non-negative number')
  return limit
}
