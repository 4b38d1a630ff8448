// @ts-nocheck: what is imported here is installed by `npm run bench pools` only.

import { parentPort } from 'node:worker_threads'
import { expose, transfer } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { count, mark, nothing, same, square } from './calls.js'

const markAndMove = (buffer) => transfer(mark(buffer), [buffer])

expose({ nothing, square, mark, count, same, markAndMove }, nodeEndpoint(parentPort))
