// @ts-nocheck: what is imported here is installed by `npm run bench` only.

import co from 'co'
import { deferred } from '../lib/deferred.js'
import { promiseOf } from '../lib/promise-of.js'
import { programsOf } from './promise-coroutines.js'

const settled = Promise.resolve()

export const programs = programsOf({
  coroutine: co.wrap,
  all: (running) => running,
  pause: () => settled,
  sleep: (delay) => new Promise((resolve) => setTimeout(resolve, delay)),
  deferred,
  promiseOf,
})
