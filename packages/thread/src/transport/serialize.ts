// The host clones all values between threads. The clone of a shared object (Event, Thread, …) would be empty, so a
// codec of each class sends a stand-in, and makes an object of it on the other side.
//
//   [event, { done: event }]  ──pack──▶  [◆, { done: ◆ }]  ──clone, unpack──▶  [event, { done: event }]
//                                        and a list: ◆
//
// Shared objects are found at any depth in arrays, plain objects, Maps, Sets and the fields of class instances.

import { types } from 'node:util'
import { MessageChannel, MessagePort } from 'node:worker_threads'
import { keepMemory } from '../shared-memory/keep-memory.ts'
import { reasonOf } from './reason-of.ts'

/** Objects that move to another thread: afterwards they are empty here. */
export type Transferable = MessagePort | ArrayBuffer

/** Sends and receives the objects of a class. */
export interface Codec<T extends object, Wire> {
  /** Names the class on the other side. */
  readonly name: string
  /** Returns a cloneable value to send instead of the object. Adds its ports to `transfer`. */
  pack(object: T, transfer: Transferable[]): Wire
  /** Returns the object for the other side: one object for each object of a message. */
  unpack(packed: Wire): T
}

/** A value to post, with the objects to unpack in it. One message, because a clone keeps identity only within one. */
export interface Packed {
  readonly value: unknown
  /** The objects in `value` that represent shared objects. SERIALIZED: `value` is bytes for the receiver. */
  readonly standIns: readonly StandIn[] | typeof SERIALIZED | undefined
}

/** Marks a value that goes to a process or comes from one. */
export const SERIALIZED = 'serialized'

/**
 * Turns a packed value into bytes, for a Queue or another process: no thread on the way can fail to read bytes.
 *
 * @throws DataCloneError if it can't be cloned; TypeError if it holds shared memory or ports
 */
export function serialized({ value, standIns }: Packed, transfer: readonly Transferable[] = []): Packed {
  if (standIns !== undefined || transfer.some((moved) => moved instanceof MessagePort))
    throw new TypeError(`${SHARED} can't be sent to a process, nor through a Queue`)
  return { value: process.getBuiltinModule('node:v8').serialize(value), standIns: SERIALIZED } // threads don't load it
}

const SHARED = 'an object in shared memory (an Event, a Lock, a Queue, …)'

/** Represents a shared object in a message. */
export interface StandIn {
  /** The name of its codec. */
  readonly name: string
  readonly packed: unknown
}

/** Makes the objects of a class transferable. A class calls it once, in a static block. */
export function registerCodec<T extends object, Wire>(type: { readonly prototype: T }, codec: Codec<T, Wire>): void {
  const entry = codec as unknown as Codec<object, unknown> // each is asked about objects of its class only
  codecs.set(type.prototype, entry)
  codecsByName.set(codec.name, entry)
}

/** Refuses to send the objects of a class, whose clones would be something else. A codec of a subclass comes first. */
export function refuseToSend(type: { readonly prototype: object }, where: string, advice: string): void {
  const pack = (object: object): never => {
    throw new TypeError(`${object} belongs to ${where}. ${advice}`)
  }
  codecs.set(type.prototype, { name: 'nothing', pack, unpack: pack })
}

/** Whether it has to be cloned, and may be a promise. `Object(value) === value` would make an object of a number. */
export function isObject(value: unknown): boolean {
  return typeof value === 'object' ? value !== null : typeof value === 'function'
}

/**
 * Packs any cloneable value. Adds ports and marked buffers to `transfer`.
 *
 * @throws TypeError if a marked buffer was moved before, or for a host object whose clone would be empty
 */
export function pack(value: unknown, transfer: Transferable[]): Packed {
  if (typeof value !== 'object' || value === null) return { value, standIns: undefined }
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

/**
 * Packs a value and passes it to `send`, whose result it returns.
 *
 * @param failure the beginning of the message of a TypeError, if the value can't be packed or sent
 */
export function packAndSend<T>(
  value: unknown,
  failure: string,
  send: (packed: Packed, transfer: Transferable[]) => T,
): T {
  const transfer: Transferable[] = []
  try {
    return send(pack(value, transfer), transfer)
  } catch (cause) {
    discard(transfer)
    throw new TypeError(`${failure}: ${reasonOf(cause)}`, { cause })
  }
}

/** Moves `buffer` with the next message that holds it. */
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
 * Unpacks a value on a thread that may not have loaded the classes of shared objects. It loads them if the message has
 * such objects. Without these modules a thread starts in two thirds of the time.
 */
export async function unpackFirst(packed: Packed): Promise<unknown> {
  if (Array.isArray(packed.standIns)) await loadClasses()
  return unpack(packed)
}

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

/** A private field marks a buffer: twice as fast as a WeakSet, whose entries stay until they are collected. */
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

// Most messages hold no shared object: they are searched, but not copied.
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

/** @throws TypeError for a host object, whose state is not in its properties: its clone would be `{}`, if it had one */
function refuseHostObject(object: object): void {
  const tag: unknown = Reflect.get(object, Symbol.toStringTag)
  if (typeof tag !== 'string' || !Object.hasOwn(INSTEAD, tag)) return
  const type: unknown = Reflect.get(globalThis, tag) ?? Object // there is no name for that of a generator
  if (typeof type !== 'function' || !(object instanceof type)) return
  throw new TypeError(`this ${tag} can't be cloned. ${INSTEAD[tag]}`)
}

const INSTEAD: Readonly<Record<string, string>> = {
  URL: 'Pass its `href`',
  URLSearchParams: 'Pass `String(params)`',
  Headers: 'Pass `[...headers]`',
  FormData: 'Pass `[...data]`',
  Request: 'Pass its `url` and other properties that are needed',
  Response: 'Pass its content, such as `await response.text()`',
  AbortSignal: 'Pass it in `executor.with({ signal })`; the function asks `stopSignal()` for its own',
  AbortController: 'Pass its signal in `executor.with({ signal })`; the function asks `stopSignal()` for its own',
  Event: 'Pass the properties that are needed',
  EventTarget: 'Pass the properties that are needed',
  Promise: 'Await it first',
  Generator: 'Call a generator function by `executor.stream(fn, ...args)`, or pass a list of the items',
}

// Most objects of a message are plain and hold no other object. Such a leaf is not remembered. `in` is several times as
// fast as a list of values.
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

/** The port or the marked buffer to move. @throws TypeError if the buffer was moved before */
function movableOf(object: object): Transferable | undefined {
  if (object instanceof MessagePort) return object
  const buffer = ArrayBuffer.isView(object) ? object.buffer : object
  if (!types.isArrayBuffer(buffer)) return undefined
  if (!Movable.has(buffer)) return void keepMemory(buffer.byteLength)
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
  if (ArrayBuffer.isView(object)) return // numbers
  if (types.isMap(object)) for (const entry of object) yield* entry
  else if (types.isSet(object)) yield* object
  else yield* Object.values(object)
}

/** Copies the objects that `enters` accepts, at any depth. `replace` substitutes objects. Keeps cycles. */
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
      : types.isMap(value)
        ? new Map()
        : types.isSet(value)
          ? new Set()
          : {}
    copies.set(value, fresh) // before its children, which may lead back to it
    if (types.isMap(value))
      for (const [key, child] of value) (fresh as Map<unknown, unknown>).set(visit(key), visit(child))
    else if (types.isSet(value)) for (const child of value) (fresh as Set<unknown>).add(visit(child))
    else for (const [key, child] of Object.entries(value)) define(fresh, key, visit(child))
    return fresh
  }
}

function isPlain(object: object): boolean {
  if (Array.isArray(object) || types.isMap(object) || types.isSet(object)) return true
  const prototype: unknown = Object.getPrototypeOf(object)
  return prototype === null || Object.getPrototypeOf(prototype) === null // Object.prototype, of whatever realm
}

// An assignment to the key `__proto__` would set the prototype.
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}
