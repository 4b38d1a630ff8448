// @ts-nocheck: what is imported here is installed by `pnpm bench:pools` only.

import { Transfer, worker } from 'workerpool'
import { mark, nothing, square } from './calls.js'

worker({ nothing, square, mark, markAndMove: (buffer) => new Transfer(mark(buffer), [buffer]) })
