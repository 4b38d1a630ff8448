// The host clones everything that passes between threads. A clone of a shared object (Event, Thread, …) would be empty:
// each of their classes defines what is sent instead, and how the other side makes an object of that again.
//
//   [event, { done: event }]  ──pack──▶  [◆, { done: ◆ }]  ──clone, unpack──▶  [event, { done: event }]
//                                        and a list: ◆
//
// They are found in arrays, plain objects, Maps, Sets and the fields of class instances, however deep.

import { types } from 'node:util'
import { MessageChannel, MessagePort } from 'node:worker_threads'

/** Objects that move to another thread: afterwards they are empty here. */
export type Transferable = MessagePort | ArrayBuffer

/** How the objects of one class travel. */
export interface Codec<T extends object, Wire> {
  /** Names the class on the other side. */
  readonly name: string
  /** Returns a cloneable value to send instead of the object. Adds its ports to `transfer`. */
  pack(object: T, transfer: Transferable[]): Wire
  /** The object for the other side. What is one object here is one object there, within a message. */
  unpack(packed: Wire): T
}

/** What is posted: the value, and what to unpack in it. Both go in one message: a clone keeps identity within one. */
export interface Packed {
  readonly value: unknown
  /**
   * The very objects in `value` that stand for shared ones, so that no plain data is taken for one. SERIALIZED: `value`
   * is bytes, which the receiver of the call reads, and nobody on the way.
   */
  readonly standIns: readonly StandIn[] | typeof SERIALIZED | undefined
}

/** Marks a value that goes to a process or comes from one. */
export const SERIALIZED = 'serialized'

/**
 * Turns a packed value into bytes for another process. No thread on the way can fail to read bytes.
 *
 * @throws DataCloneError if it can't be cloned; TypeError if it holds shared memory or ports
 */
export function serialized({ value, standIns }: Packed, transfer: readonly Transferable[] = []): Packed {
  if (standIns !== undefined || transfer.some((moved) => moved instanceof MessagePort))
    throw new TypeError(`${SHARED} is of use within one process only`)
  return { value: process.getBuiltinModule('node:v8').serialize(value), standIns: SERIALIZED } // threads don't load it
}

/** Names objects that only threads can share, in errors. */
export const SHARED = 'an object in shared memory (an Event, a Lock, a Queue, …)'

/** Stands for a shared object in a message. */
export interface StandIn {
  /** That of its codec. */
  readonly name: string
  readonly packed: unknown
}

/** Makes the objects of a class transferable. A class calls it once, in a static block. */
export function registerCodec<T extends object, Wire>(type: { readonly prototype: T }, codec: Codec<T, Wire>): void {
  const entry = codec as unknown as Codec<object, unknown> // each is asked about objects of its class only
  codecs.set(type.prototype, entry)
  codecsByName.set(codec.name, entry)
}

/**
 * Packs any cloneable value. What moves is added to `transfer`: ports, as they can do nothing else, and
 * what was marked.
 *
 * @throws TypeError if something marked was moved before, and is empty now
 */
export function pack(value: unknown, transfer: Transferable[]): Packed {
  const onTheWay = new Set<object>()
  if (!leadsToOurs(value, transfer, new Set(), onTheWay)) return { value, standIns: undefined }
  const standIns: StandIn[] = []
  const replace = (object: object): object | undefined => {
    const codec = passageOf(object)
    if (codec === undefined) return undefined
    const standIn: StandIn = { name: codec.name, packed: codec.pack(object, transfer) }
    standIns.push(standIn)
    return standIn
  }
  return { value: copy(value, replace, (object) => isPlain(object) || onTheWay.has(object)), standIns }
}

/** The next message with `buffer` in it takes it along. */
export function markToMove(buffer: ArrayBuffer): void {
  if (!Movable.has(buffer)) new Movable(buffer)
}

/** A channel whose far end is sent with a message. */
export function newPort(transfer: Transferable[]): { near: MessagePort; far: MessagePort } {
  const { port1: near, port2: far } = new MessageChannel()
  transfer.push(far)
  unsent.add(far)
  return { near, far }
}

/** Closes the channels that were made for a message which could not be sent. */
export function discard(transfer: readonly Transferable[]): void {
  for (const port of transfer) if (port instanceof MessagePort && unsent.has(port)) port.close()
}

/** Restores a value that was packed. */
export function unpack(packed: Packed): unknown {
  if (packed.standIns === undefined) return packed.value
  if (packed.standIns === SERIALIZED)
    return process.getBuiltinModule('node:v8').deserialize(packed.value as NodeJS.TypedArray)
  const standIns: ReadonlySet<object> = new Set(packed.standIns)
  const replace = (object: object): object | undefined => {
    if (!standIns.has(object)) return undefined
    const standIn = object as StandIn // it is one of them
    const codec = codecsByName.get(standIn.name)
    if (codec === undefined)
      throw new TypeError(`nothing here knows how a ${standIn.name} travels: import it from 'spindle/thread'`)
    return codec.unpack(standIn.packed)
  }
  return copy(packed.value, replace, isPlain)
}

/**
 * The same on a thread that has just begun, and may not know our classes yet: they are loaded if the message holds
 * objects of Spindle's. Most messages hold none, and without those modules a thread starts in two thirds of the time.
 */
export async function unpackFirst(packed: Packed): Promise<unknown> {
  if (Array.isArray(packed.standIns)) await loadClasses()
  return unpack(packed)
}

/** How such a thread loads every class whose objects may arrive. */
export function classesComeFrom(load: () => Promise<unknown>): void {
  loadClasses = load
}

let loadClasses: () => Promise<unknown> = async () => {}

const unsent = new WeakSet<MessagePort>()

class Returned {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the subclass puts its field on this object
    return object
  }
}

/** A private field marks a buffer. A WeakSet of buffers would be twice as slow, as each stays until it is collected. */
class Movable extends Returned {
  readonly #moves = true
  static has(object: object): boolean {
    return #moves in object
  }
}

const codecs = new Map<object, Codec<object, unknown>>() // by prototype
const codecsByName = new Map<string, Codec<object, unknown>>()

function passageOf(object: object): Codec<object, unknown> | undefined {
  for (let type = Object.getPrototypeOf(object); type !== null; type = Object.getPrototypeOf(type)) {
    const codec = codecs.get(type)
    if (codec !== undefined) return codec // of a subclass, too
  }
  return undefined
}

// Most messages hold no shared object: those are looked through, but not copied.
function leadsToOurs(value: unknown, transfer: Transferable[], seen: Set<object>, onTheWay: Set<object>): boolean {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === Array.prototype) {
    if (prototype === Object.prototype && isLeaf(value)) return false
    return innerLeadsToOurs(value, Object.values(value), transfer, seen, onTheWay)
  }
  if (seen.has(value)) return onTheWay.has(value)
  seen.add(value)
  const movable = movableOf(value)
  if (movable !== undefined) {
    if (!transfer.includes(movable)) transfer.push(movable)
    return false
  }
  let found = passageOf(value) !== undefined
  if (!found) refuseHostObject(value)
  if (!found) for (const child of children(value)) found = leadsToOurs(child, transfer, seen, onTheWay) || found
  if (found) onTheWay.add(value)
  return found
}

/**
 * A clone of what a host keeps outside of its properties is `{}`. @throws TypeError if the object is one of those
 */
function refuseHostObject(object: object): void {
  const tag: unknown = Reflect.get(object, Symbol.toStringTag)
  if (typeof tag !== 'string' || !Object.hasOwn(INSTEAD, tag)) return
  const type: unknown = Reflect.get(globalThis, tag) // it is loaded, as there is an object of it
  if (typeof type !== 'function' || !(object instanceof type)) return
  throw new TypeError(`the clone of a ${tag} would be an empty object. ${INSTEAD[tag]}`)
}

const INSTEAD: Readonly<Record<string, string>> = {
  URL: 'Pass its `href`',
  URLSearchParams: 'Pass `String(params)`',
  Headers: 'Pass `[...headers]`',
  FormData: 'Pass `[...data]`',
  Request: 'Pass its `url` and what else is needed of it',
  Response: 'Pass what was read from it, as `await response.text()`',
  AbortSignal: 'Pass it in `executor.with({ signal })`; the function asks `stopSignal()` for its own',
  AbortController: 'Pass its signal in `executor.with({ signal })`; the function asks `stopSignal()` for its own',
  Event: 'Pass what is needed of it',
  EventTarget: 'Pass what is needed of it',
}

// Most of a message is plain, and most of that holds no other object: such a leaf is not even remembered. `in` is
// several times as fast as a list of its values.
function isLeaf(object: object): boolean {
  for (const key in object) {
    const child: unknown = object[key as never]
    if (typeof child === 'object' && child !== null) return false
  }
  return true
}

function innerLeadsToOurs(
  object: object,
  inner: readonly unknown[],
  transfer: Transferable[],
  seen: Set<object>,
  onTheWay: Set<object>,
): boolean {
  let found = false
  let isKnown = false
  for (let place = 0; place < inner.length; place++) {
    const child = inner[place]
    if (typeof child !== 'object' || child === null) continue
    if (!isKnown && seen.has(object)) return onTheWay.has(object)
    if (!isKnown) seen.add(object)
    isKnown = true
    found = leadsToOurs(child, transfer, seen, onTheWay) || found
  }
  if (found) onTheWay.add(object)
  return found
}

/**
 * What is to move where `object` is found: itself, or the buffer that it is a view of. @throws TypeError if that is
 * gone
 */
function movableOf(object: object): Transferable | undefined {
  if (object instanceof MessagePort) return object
  const buffer = ArrayBuffer.isView(object) ? object.buffer : object
  if (!types.isArrayBuffer(buffer) || !Movable.has(buffer)) return undefined
  if (isDetached(buffer)) throw new TypeError('an ArrayBuffer that was transferred before is empty now')
  return buffer
}

function isDetached(buffer: ArrayBuffer): boolean {
  try {
    new Uint8Array(buffer)
    return false
  } catch {
    return true
  }
}

function* children(object: object): Generator<unknown> {
  if (ArrayBuffer.isView(object)) return // a million numbers, none of them an object
  if (object instanceof Map) for (const entry of object) yield* entry
  else if (object instanceof Set) yield* object
  else yield* Object.values(object)
}

/** A deep copy of the objects `enters` accepts, in which `replace` substitutes some. Keeps cycles. */
function copy(
  root: unknown,
  replace: (object: object) => object | undefined,
  enters: (object: object) => boolean,
): unknown {
  const copies = new Map<object, object>()
  return visit(root)

  function visit(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value
    const known = copies.get(value) ?? replace(value)
    if (known !== undefined) {
      copies.set(value, known)
      return known
    }
    if (!enters(value)) return value
    const fresh = Array.isArray(value)
      ? new Array(value.length)
      : value instanceof Map
        ? new Map()
        : value instanceof Set
          ? new Set()
          : {}
    copies.set(value, fresh) // before its children, which may lead back to it
    if (value instanceof Map)
      for (const [key, child] of value) (fresh as Map<unknown, unknown>).set(visit(key), visit(child))
    else if (value instanceof Set) for (const child of value) (fresh as Set<unknown>).add(visit(child))
    else for (const [key, child] of Object.entries(value)) define(fresh, key, visit(child))
    return fresh
  }
}

function isPlain(object: object): boolean {
  if (Array.isArray(object) || object instanceof Map || object instanceof Set) return true
  const prototype: unknown = Object.getPrototypeOf(object)
  return prototype === null || Object.getPrototypeOf(prototype) === null // Object.prototype, of whatever realm
}

// An assignment would take the key `__proto__` for something else.
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}
