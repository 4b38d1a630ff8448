// @ts-nocheck: what is imported here is installed by `npm run bench pools` only.

import Tinypool from 'tinypool'
import { mark } from './calls.js'

export function markAndMove(buffer) {
  return Tinypool.move(mark(buffer))
}
