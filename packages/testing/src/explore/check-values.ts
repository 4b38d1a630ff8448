// What the values of options must be.

import { repr } from 'spindle/internal'

/** What a value must be, and the class of the error if it is something else. */
export interface Check {
  readonly what: string
  readonly fits: (value: never) => boolean
  readonly Kind: ErrorConstructor
}

export function is(what: string, fits: Check['fits'], Kind: ErrorConstructor = RangeError): Check {
  return { what, fits, Kind }
}

export function oneOf(...allowed: readonly unknown[]): Check {
  return is(`one of ${allowed.map((one) => repr(one)).join(', ')}`, (value) => allowed.includes(value), TypeError)
}

export const isCount: Check = is('an integer > 0', (value: number) => Number.isInteger(value) && value > 0)
export const isFunction: Check = is('a function', (value: unknown) => typeof value === 'function', TypeError)
export const isSignal: Check = is(
  'an AbortSignal',
  (value: { aborted?: unknown } | null) => typeof value?.aborted === 'boolean',
  TypeError,
)

/** Whether these are the limits of a time in ms. */
export function isRange(low: unknown, high: unknown): boolean {
  return typeof low === 'number' && typeof high === 'number' && low >= 0 && high >= low && Number.isFinite(high)
}

/** @throws the error of the first check that fails; an option that is left out passes */
export function checkValues(options: object, checks: Readonly<Record<string, Check | undefined>>): void {
  for (const [name, check] of Object.entries(checks)) {
    const value = (options as Record<string, unknown>)[name] as never
    if (check === undefined || value === undefined || check.fits(value)) continue
    throw new check.Kind(`${name} must be ${check.what}, got ${repr(value)}`)
  }
}
