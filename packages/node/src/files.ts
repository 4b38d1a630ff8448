import { type PathLike, promises } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { Coroutine } from '@spindle/loop'
import { checkOptions } from '@spindle/loop/internal'
import { call, coroutine } from '@spindle/task'

/** How `readFile` reads. */
export interface ReadFileOptions<E extends BufferEncoding | undefined> {
  /** Returns a string instead of bytes. @default none */
  readonly encoding?: E
  /** How the file is opened. @default 'r' */
  readonly flag?: string | undefined
}

/** How `writeFile` writes. */
export interface WriteFileOptions {
  /** Of the data, if it is a string. @default 'utf8' */
  readonly encoding?: BufferEncoding | undefined
  /** How the file is opened: `'a'` to append, `'wx'` to make a new one. @default 'w' */
  readonly flag?: string | undefined
  /** The permissions of a new file. @default 0o666 */
  readonly mode?: number | undefined
  /** Whether the data is on the disk, and not just on its way, when this is done. @default false */
  readonly flush?: boolean | undefined
}

/**
 * Reads a whole file. If the caller is cancelled while waiting, the rest is not read. Line by line:
 * `StreamReader.from(createReadStream(path))`.
 * @throws an error with a code like `ENOENT`
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const text = yield* timeout(1000, () => readFile('package.json', { encoding: 'utf8' }))
 *   console.log(text.slice(0, 1)) // prints: {
 * }
 * await run(main())
 * ```
 */
export function readFile<const E extends BufferEncoding | undefined = undefined>(
  path: PathLike | FileHandle,
  options: ReadFileOptions<E> = {},
): Coroutine<E extends BufferEncoding ? string : Buffer> {
  checkOptions('readFile()', options, ['encoding', 'flag'])
  // The cast: Node decides by the encoding as well.
  return reading(path, options) as Coroutine<E extends BufferEncoding ? string : Buffer>
}

/**
 * Writes a whole file. If the caller is cancelled while waiting, it stops, and the file may hold a part of the data;
 * once the CancelledError is thrown, nothing is written any more.
 * @throws an error with a code like `EACCES`
 */
export function writeFile(
  path: PathLike | FileHandle,
  data: string | Uint8Array,
  options: WriteFileOptions = {},
): Coroutine<void> {
  checkOptions('writeFile()', options, ['encoding', 'flag', 'mode', 'flush'])
  return writing(path, data, options)
}

const reading = coroutine(function* readFile(path: PathLike | FileHandle, options: object): Coroutine<string | Buffer> {
  return yield* call((signal) => promises.readFile(path, { ...options, signal }))
})

const writing = coroutine(function* writeFile(
  path: PathLike | FileHandle,
  data: string | Uint8Array,
  options: object,
): Coroutine<void> {
  yield* call((signal) => promises.writeFile(path, data, { ...options, signal }))
})
