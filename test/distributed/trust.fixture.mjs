// Exports that a worker must not run for anybody who can write to its queue, and two of its own.

export { execSync } from 'node:child_process'
export { print } from 'ioredis'
export const max = Math.max

export function own() {
  return 'own'
}

export function secret() {
  return 'secret'
}
