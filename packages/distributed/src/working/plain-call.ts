// Runs on a thread of a worker. Args and result are decoded and encoded there, so that the worker's loop is free for
// coroutines.

import { RuntimeError } from 'spindle'
import { awaitResult, currentCall, reasonOf } from 'spindle/internal/thread'
import { type AnyFunction, fromModule } from 'spindle/thread'
import { decodeArgs, encode } from '../calls/codec.ts'
import type { RunningCall } from '../calls/current-call.ts'
import type { JobData } from '../calls/protocol.ts'
import { NOT_LOADED } from './condition.ts'
import { importSource } from './functions.ts'

export interface PlainCall {
  readonly name: string
  readonly module: string
  readonly exported: string
  readonly call: Pick<RunningCall, 'info' | 'parents' | 'deadline'>
  readonly data: JobData
}

export async function runPlainCall({ name, module, exported, call, data }: PlainCall): Promise<string> {
  const fn = (await namespaceOf(module))[exported] as AnyFunction // the worker found it there
  const args = decodeArgs(data.args, name)
  const current = currentCall()
  if (current !== undefined) current.detail = { ...call, nested: () => {} } satisfies RunningCall // it blocks its thread, which can't be lent
  const value = data.isMany ? await all(fn, args as unknown[][]) : await awaitResult(fn(...args))
  return encode(value, data.payloadLimit, `the result of ${name}()`)
}

async function namespaceOf(module: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await importSource(module)
  } catch (cause) {
    const message = `its module ${module} can't be loaded on a thread: ${reasonOf(cause)}`
    throw Object.assign(new RuntimeError(message, { cause }), { code: NOT_LOADED })
  }
}

async function all(fn: AnyFunction, args: readonly unknown[][]): Promise<unknown[]> {
  const values: unknown[] = []
  for (const some of args) values.push(await awaitResult(fn(...some)))
  return values
}

fromModule(import.meta, runPlainCall)
