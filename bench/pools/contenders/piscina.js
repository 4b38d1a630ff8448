// @ts-nocheck: what is imported here is installed by `npm run bench pools` only.

import { Piscina } from 'piscina'

const filename = new URL('../calls/calls.js', import.meta.url).href
const moving = new URL('../calls/piscina-move.js', import.meta.url).href

export function open(threads) {
  const pool = new Piscina({ filename, minThreads: threads, maxThreads: threads })
  return {
    call: (name, value) => pool.run(value, { name }),
    callAll: (name, values) => Promise.all(values.map((value) => pool.run(value, { name }))),
    move: (buffer) => pool.run(buffer, { filename: moving, name: 'markAndMove', transferList: [buffer] }),
    close: () => pool.destroy(),
  }
}
