import { describe, expect, it } from 'vitest'
import { creationStack, isOurs } from './creation-stack.ts'

const sources = 'file:///home/me/spindle/packages/loop/src/inspect/creation-stack.ts'

describe('the place where something was created', () => {
  it('is never one of the host, which calls the user or Spindle itself', async () => {
    const [byUser, bySpindle] = [{}, {}]
    await new Promise<void>((resolve) =>
      queueMicrotask(() => {
        creationStack.record(byUser)
        resolve()
      }),
    )
    await new Promise<void>((resolve) => {
      queueMicrotask(creationStack.record.bind(undefined, bySpindle))
      queueMicrotask(resolve)
    })
    expect(creationStack.of(byUser)).toMatch(/^ +at \S*creation-stack\.test\.ts:\d+:\d+$/)
    expect({ stack: creationStack.of(bySpindle), place: creationStack.place(bySpindle) }).toEqual({
      stack: undefined,
      place: undefined,
    })
  })
})

describe('a frame of the stack where something was created', () => {
  it.each([
    ['installed by npm', 'file:///app/node_modules/spindle/dist/runtime.js'],
    ['in the store of pnpm', 'file:///app/node_modules/.pnpm/spindle@0.1.0/node_modules/spindle/dist/runtime.js'],
    ['in the cache of Deno', 'file:///root/.cache/deno/npm/registry.npmjs.org/spindle/0.1.0/dist/runtime.js'],
    ['from a server', 'https://cdn.example/npm/spindle@0.1.0/dist/runtime.js'],
    ['on Windows', 'file:///C:/my%20app/node_modules/spindle/dist/runtime.js'],
    ['of a folder with a space', 'file:///my%20app/node_modules/spindle/dist/runtime.js'],
  ])('is internal %s', (_where, own) => {
    const files = ['runtime.js', 'thread.js', 'src/task/tasks/task.ts'].map((name) => own.replace('runtime.js', name))
    files.push(own.replace(/spindle(?=[@/][\d])|spindle(?=\/dist)/g, '@spindle/testing'))
    for (const file of files.flatMap((each) => [each, pathOf(each)]))
      expect({ file, isOurs: isOurs(`    at new Future (${file}:70:5)`, own) }).toEqual({ file, isOurs: true })
  })

  it.each([
    ['sources', sources],
    ['sources in a folder with a space', sources.replace('/me/', '/my%20home/')],
    ['sources on Windows', sources.replace('/home/', '/C:/')],
    ['what is built of them', 'file:///home/me/spindle/packages/spindle/dist/runtime.js'],
  ])('is internal among %s, and not in a test or an example', (_what, own) => {
    const packages = own.slice(0, own.indexOf('packages/') + 'packages/'.length)
    const named = (file: string): boolean => isOurs(`    at async main (${packages}${file}:12:3)`, own)
    const mapped = (file: string): boolean => isOurs(`    at main (${pathOf(packages + file)}:12:3)`, own)
    const internal = [
      'loop/src/futures/future.ts',
      'loop/src/drivers/host.ts',
      'task/src/sync/lock.ts',
      'spindle/dist/runtime.js',
    ]
    internal.push('thread/src/threads/thread.ts', 'node/src/server.ts', 'testing/src/in-virtual-time.ts')
    const theirs = ['loop/src/futures/future.test.ts', 'thread/src/targets.fixture.ts', '../examples/hello.ts']
    theirs.push('../test/task/x.ts', 'mine/src/a.ts', '../packages.ts')
    for (const file of internal)
      expect({ file, named: named(file), mapped: mapped(file) }).toEqual({ file, named: true, mapped: true })
    for (const file of theirs)
      expect({ file, named: named(file), mapped: mapped(file) }).toEqual({ file, named: false, mapped: false })
  })

  it.each([
    ['file:///app/node_modules/spindle/dist/runtime.js', 'file:///app/task/src/main.ts'],
    ['file:///home/me/task/dist/bundle.js', 'file:///home/me/task/dist/bundle.js'],
    ['file:///home/me/spindle/dist/bundle.js', 'file:///home/me/spindle/dist/bundle.js'],
    ['file:///app/bundle.js', 'file:///app/%E0%A4%A.js'],
    ['file:///app/node_modules/spindle/dist/runtime.js', 'file:///app/node_modules/spindle-cell/dist/index.js'],
    [sources, 'node:internal/process/task_queues'],
    [undefined, 'file:///app/loop/src/main.ts'],
  ])('is the user’s where we are %s and it is %s', (own, file) => {
    expect(isOurs(`    at main (${file}:1:1)`, own)).toBe(false)
  })
})

function pathOf(url: string): string {
  const path = decodeURI(url.replace('file://', ''))
  return /^\/[A-Z]:/.test(path) ? path.slice(1).replaceAll('/', '\\') : path
}
