// How the compiler advises. A parameter that takes a coroutine has the type `Coroutine<T> | Advice<C, …>`. For a right
// argument `Advice` is `never`, and the parameter is what it was. For a wrong one it is a text, which then stands in
// the first line of the error. That `Coroutine<T>` itself is not conditional keeps inference as it is, in generic
// functions and for unions as well.

import type { Awaitable, Suspension } from './awaitable.ts'

/** What to write instead of an argument of type `Given`, where `Right` is expected; `never` if there is no advice. */
export type Advice<Given, Right> = [Given] extends [Right]
  ? never
  : [Given] extends [never]
    ? Given // never reached: from this place the compiler infers `Given`
    : Given extends Awaitable<unknown> & PromiseLike<unknown>
      ? 'this is a Task or Future, which runs already: write `yield*`'
      : Given extends PromiseLike<unknown>
        ? 'this is a promise: write `call((signal) => …)`'
        : Given extends AsyncIterable<unknown>
          ? 'this is an async generator: iterate over it with `forEach`'
          : Given extends (...args: never) => infer Returned
            ? AdviceForFunction<Given, Returned>
            : Given extends Iterator<infer Yielded, unknown, never>
              ? AdviceForGenerator<Yielded, 'this is a coroutine, a function is expected: write `() => …`'>
              : never

type AdviceForFunction<F, Returned> = [Returned] extends [Awaitable<unknown> & PromiseLike<unknown>]
  ? 'it returns a Task or Future: write `function*`'
  : [Returned] extends [PromiseLike<unknown>]
    ? 'it returns a promise: write `function*`, and in it `yield* call((signal) => …)`'
    : [Returned] extends [AsyncIterable<unknown>]
      ? 'this is an async generator function: write `function*`, without `async`'
      : [Returned] extends [Iterator<infer Yielded, unknown, never>]
        ? AdviceForGenerator<Yielded, F extends () => unknown ? never : 'this function takes arguments: call it'>
        : 'this is not a coroutine function: write `function*`'

/** `Otherwise` is for one whose every `yield` has its star. */
type AdviceForGenerator<Yielded, Otherwise> = [Yielded] extends [Suspension]
  ? Otherwise
  : Exclude<Yielded, Awaitable<unknown> | Suspension> extends infer Other
    ? [Other] extends [never]
      ? 'a `yield` in it has no star: write `yield*`'
      : [Other] extends [PromiseLike<unknown>]
        ? 'a `yield` in it has a promise: write `yield* call((signal) => …)`'
        : 'a `yield` in it has no star: write `yield*`'
    : never
