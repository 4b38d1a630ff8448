// Tests what happens to Tasks and coroutines without references. Run with --expose-gc.

import { type Coroutine, coroutine, createTask, gather, getRunningLoop, run, sleep } from 'spindle'

const collect = globalThis.gc as () => void

/** Runs the garbage collector, and the callbacks that it causes. */
function* collecting(): Coroutine<void> {
  for (let round = 0; round < 5; round++) {
    collect()
    yield* sleep(5)
  }
}

// Not named as their functions: a compiler would rename those.
const forget: () => Coroutine<void> = coroutine(function* forgotten(): Coroutine<void> {})
const another: () => Coroutine<string> = coroutine(function* other(): Coroutine<string> {
  return 'awaited'
})

const programs: Record<string, () => Coroutine<void>> = {
  // Only the timer, or the Future, refers to these Tasks. asyncio would lose the second kind.
  *'live Tasks'() {
    const log: string[] = []
    const weakly: WeakRef<object>[] = []
    function* background(name: string): Coroutine<void> {
      const future = getRunningLoop().createFuture<void>()
      weakly.push(new WeakRef(future))
      try {
        yield* future // nothing else refers to it
      } finally {
        log.push(`${name} cleaned up`)
      }
    }
    createTask(background('a'))
    createTask(background('b'))
    yield* collecting()
    console.log(
      'alive:',
      weakly.map((reference) => reference.deref() !== undefined),
    )
    getRunningLoop().callLater(20, () => process.once('exit', () => console.log(log.join(', '))))
    yield* sleep(30)
  },

  *'done Tasks'() {
    function* quick(): Coroutine<object> {
      return {}
    }
    const weakly: WeakRef<object>[] = []
    const begin = (): void => {
      for (let count = 0; count < 3; count++) weakly.push(new WeakRef(createTask(quick())))
    }
    begin()
    yield* collecting()
    console.log('collected:', weakly.filter((reference) => reference.deref() === undefined).length)
  },

  *'children of a gather'() {
    function* quick(): Coroutine<number> {
      return 1
    }
    const weakly: WeakRef<object>[] = []
    const begin = (): ReturnType<typeof gather> => {
      const tasks = Array.from({ length: 10 }, () => createTask(quick()))
      weakly.push(...tasks.map((task) => new WeakRef(task)))
      return gather(tasks)
    }
    const gathered = begin()
    yield* gathered
    yield* collecting()
    console.log('alive:', weakly.filter((reference) => reference.deref() !== undefined).length, 'of', gathered.result())
  },

  *'never awaited'() {
    getRunningLoop().setExceptionHandler((_loop, context) => console.log('reported:', context.message))
    const begin = (): void => {
      forget()
    }
    begin()
    yield* another() // creates another one: from now on the first one is watched
    yield* collecting()
    console.log('end of main')
  },

  *'never awaited, in plain code'() {
    yield* collecting()
    console.log('end of main')
  },
}

const name = process.argv[2] ?? ''
if (name === 'never awaited, in plain code') {
  const begin = (): void => {
    forget()
    another().return('')
  }
  begin()
}
if (name === 'never awaited at all') {
  await run(another())
  forget()
  coroutine(function* () {})()
  console.log('end of the program')
  process.exit()
}
await run((programs[name] as () => Coroutine<void>)())
console.log('after run')
