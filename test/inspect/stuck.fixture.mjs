// A plain program that hangs: `saveUser()` returns with the lock in its hands.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

class Mutex {
  /** @type {((value?: unknown) => void)[]} */ waiting = []
  held = false
  acquire() {
    if (this.held) return new Promise((resolve) => this.waiting.push(resolve))
    this.held = true
    return Promise.resolve()
  }
  release() {
    const next = this.waiting.shift()
    if (next) next()
    else this.held = false
  }
}

const mutex = new Mutex()
const delay = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function saveUser(/** @type {string} */ name) {
  await mutex.acquire()
  if (name === 'ann') return
  await delay(5)
  mutex.release()
}

async function importAll(/** @type {string[]} */ names) {
  await Promise.all(names.map((name) => saveUser(name)))
}

async function handler() {
  await importAll(['ann', 'bob', 'cid', 'dan'])
}

async function waitsForItself() {
  await new Promise((resolve) => setImmediate(resolve))
  await circle
}

const circle = waitsForItself()
handler()
new Function('mutex', 'return async function evaluated() { await mutex.acquire() }')(mutex)()
setTimeout(() => {
  console.log('ready')
  if (process.argv[2] === 'computes') for (;;);
}, 100)
if (process.argv[2] === 'has a worker') new Worker(new URL(import.meta.url), { argv: ['computes'], name: 'crawler' })
if (process.argv[2] === 'handles SIGUSR1') process.on('SIGUSR1', () => {})
if (process.argv[2] === 'starts another') {
  const { pid, stdout } = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  stdout.once('data', () => console.log(`started ${pid}`))
}
setInterval(() => console.log('tick'), 50)
