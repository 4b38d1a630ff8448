import { repr } from '../inspect/repr.ts'

/** Checks the environment variables of a process: Node would make strings of other values. @throws TypeError */
export function checkEnvironment(env: Readonly<Record<string, string | undefined>> | undefined): void {
  if (env === undefined) return
  if (typeof env !== 'object' || env === null || Array.isArray(env))
    throw new TypeError(`env must be an object of strings, got ${repr(env)}`)
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && typeof value !== 'string')
      throw new TypeError(`env.${name} must be a string, got ${repr(value)}`)
  }
}
