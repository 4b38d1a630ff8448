// @ts-nocheck: what is imported here is installed by `npm run bench pools` only.

import { move } from 'piscina'
import { mark } from './calls.js'

export function markAndMove(buffer) {
  return move(mark(buffer))
}
