// @ts-nocheck: what is imported here is installed by `npm run bench pools` only.

import { Transfer, worker } from 'workerpool'
import { count, mark, nothing, same, square } from './calls.js'

worker({ nothing, square, mark, count, same, markAndMove: (buffer) => new Transfer(mark(buffer), [buffer]) })
