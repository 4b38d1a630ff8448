// @ts-nocheck: what is imported here is installed by `pnpm bench pools` only.

import Tinypool from 'tinypool'
import { mark } from './calls.js'

export function markAndMove(buffer) {
  return Tinypool.move(mark(buffer))
}
