// What an executor and its workers say to each other, over a port between threads, and over a pipe to a process.

import type { ErrorRecord } from '../transport/error-record.ts'
import type { FunctionReference } from '../transport/function-reference.ts'
import type { Parcel } from '../transport/serialize.ts'

/** A function as it is named to a worker: by a number, of which it is told once what it means. */
export interface FunctionNumber {
  readonly number: number
  readonly reference: FunctionReference | undefined
}

export type ToWorker =
  | {
      readonly kind: 'call'
      readonly id: number
      readonly fn: FunctionNumber
      readonly args: Parcel
      readonly many: boolean
    }
  /** The running call is asked to stop. */
  | { readonly kind: 'stop'; readonly id: number }
  /** There will be no more calls. */
  | { readonly kind: 'end' }

export type FromWorker =
  | { readonly kind: 'result'; readonly id: number; readonly value: Parcel }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorRecord }
  /** The initializer has thrown: there will be no calls. */
  | { readonly kind: 'refused'; readonly error: ErrorRecord }
  /** The worker has ended. `how`, if it was not told to. */
  | { readonly kind: 'ended'; readonly how?: string | undefined }
