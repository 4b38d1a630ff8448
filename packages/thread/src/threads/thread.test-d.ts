import type { EventLoop } from '@spindle/loop'
import { expectTypeOf } from 'vitest'
import { callSoonThreadsafe, Event, fromModule, type LoopHandle, Thread, type ThreadOptions } from '../index.ts'

declare function spin(message: string, done: Event): void
declare function optional(times?: number): Promise<number>
declare function nothing(): void
declare function rest(first: string, ...more: number[]): void

new Thread({ target: spin, args: ['thinking!', new Event()] })
new Thread({ target: spin, args: ['thinking!', new Event()], name: 'spinner', daemon: true })
new Thread({ target: optional })
new Thread({ target: optional, args: [] })
new Thread({ target: optional, args: [3] })
new Thread({ target: nothing })
new Thread({ target: rest, args: ['a', 1, 2, 3] })
new Thread({ target: fromModule(import.meta, spin), args: ['thinking!', new Event()] })

// @ts-expect-error: spin() needs args
new Thread({ target: spin })
// @ts-expect-error: one is missing
new Thread({ target: spin, args: ['thinking!'] })
// @ts-expect-error: a number is no message
new Thread({ target: spin, args: [3, new Event()] })
// @ts-expect-error: one too many
new Thread({ target: nothing, args: [1] })
// @ts-expect-error: a string among the numbers
new Thread({ target: rest, args: ['a', 1, 'b'] })
// @ts-expect-error: what a function gives is no function
new Thread({ target: nothing() })
// @ts-expect-error: a thread needs a target
new Thread({ name: 'idle' })

const thread = new Thread({ target: spin, args: ['thinking!', new Event()] })
expectTypeOf(thread).toEqualTypeOf<Thread<typeof spin>>()
expectTypeOf(thread).toExtend<Thread>()
expectTypeOf(thread.ident).toEqualTypeOf<number | undefined>()
expectTypeOf(new Event().wait({ timeout: 10 })).toEqualTypeOf<boolean>()
expectTypeOf<ThreadOptions<typeof spin>['args']>().toEqualTypeOf<readonly [message: string, done: Event]>()

declare const loop: EventLoop
declare const handle: LoopHandle
declare function onLoop(handle: LoopHandle, times: number): void
new Thread({ target: onLoop, args: [loop, 1] })
new Thread({ target: onLoop, args: [handle, 1] })
// @ts-expect-error: a thread is no loop
new Thread({ target: onLoop, args: [thread, 1] })

callSoonThreadsafe(handle, optional)
callSoonThreadsafe(loop, spin, 'thinking!', new Event())
// @ts-expect-error: spin() needs args
callSoonThreadsafe(handle, spin)
// @ts-expect-error: a number is no message
callSoonThreadsafe(handle, spin, 3, new Event())
