// The two programs of the site's first page. What the page shows of them is the text that the Lab runs.

/** A program, and the part of it that the page shows. */
export interface HomeProgram {
  readonly shown: string
  readonly source: string
}

/** The last moment, in ms, at which something still runs that a cancel could reach. */
export const LAST_MOMENT = 98

const SPINDLE = `function* save(id: string): Coroutine<void> {
  const draft = yield* create(id)
  try {
    yield* taskGroup(function* (group) {
      group.createTask(upload(draft))
      group.createTask(render(draft))
    })
    yield* index(draft)
  } finally {
    yield* remove(draft) // may wait
  }
}`

export function onSpindle(at: number): HomeProgram {
  const source = `import { type Coroutine, createTask, run, sleep, taskGroup, wait } from 'spindle'

${SPINDLE}

function* main(): Coroutine<void> {
  const task = createTask(save('a'))
  yield* sleep(${at})
  task.cancel()
  yield* wait([task])
}

function* create(id: string): Coroutine<string> {
  yield* sleep(20)
  return id
}

function* upload(_draft: string): Coroutine<void> {
  try {
    yield* sleep(50)
  } catch (error) {
    yield* sleep(6) // it takes 6 ms to hang up
    throw error
  }
}

function* render(_draft: string): Coroutine<void> {
  yield* sleep(48)
}

function* index(_draft: string): Coroutine<void> {
  yield* sleep(30)
}

function* remove(_draft: string): Coroutine<void> {
  yield* sleep(12)
}

await run(main())
`
  return { shown: SPINDLE, source }
}

const PROMISES = `async function save(id: string, signal: AbortSignal) {
  const draft = await create(id)
  try {
    await Promise.all([
      upload(draft, { signal }),
      render(draft), // takes no signal
    ])
    await index(draft) // nor does this
  } finally {
    await remove(draft)
  }
}`

/** The program with promises and an AbortController. Each of its functions prints when it begins and when it ends. */
export function onPromises(at: number): HomeProgram {
  const source = `import { type Coroutine, call, run } from 'spindle' // for the Lab's clock alone

${PROMISES}

function* main(): Coroutine<void> {
  const controller = new AbortController()
  setTimeout(() => {
    console.log('main aborts')
    controller.abort()
  }, ${at})
  noted('save', () => save('a', controller.signal)).catch(() => {})
  yield* call(() => pause(200, '')) // until everything has ended
}

const create = (id: string) => noted('create', () => pause(20, id))
const render = (draft: string) => noted('render', () => pause(48, draft))
const index = (draft: string) => noted('index', () => pause(30, draft))
const remove = (draft: string) => noted('remove', () => pause(12, draft))
const upload = (draft: string, { signal }: { signal: AbortSignal }) =>
  noted('upload', () => {
    return new Promise<string>((resolve, reject) => {
      const hangUp = () => {
        console.log('upload hangs up')
        pause(6, draft).then(() => reject(signal.reason)) // it takes 6 ms to hang up
      }
      if (signal.aborted) return hangUp()
      signal.addEventListener('abort', hangUp)
      pause(50, draft).then((sent) => {
        signal.removeEventListener('abort', hangUp)
        if (!signal.aborted) resolve(sent)
      })
    })
  })

function pause(ms: number, value: string): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve(value), ms))
}

async function noted<T>(name: string, work: () => Promise<T>): Promise<T> {
  console.log(\`\${name} begins\`)
  try {
    const result = await work()
    console.log(\`\${name} ends\`)
    return result
  } catch (error) {
    console.log(\`\${name} ends with \${(error as Error).name}\`)
    throw error
  }
}

await run(main())
`
  return { shown: PROMISES, source }
}
