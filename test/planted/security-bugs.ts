// For each row of docs/explanation/security.md a change that breaks its promise, by the name of its second check in
// test/security, which must notice it.

import { bugsIn } from './bugs-in.ts'

export const bugs = bugsIn({
  'packages/loop/src/errors/format-error.ts': {
    'The report of an unretrieved exception is limited': ['const MAX_GROUP_WIDTH = 15', 'const MAX_GROUP_WIDTH = 16'],
  },
  'packages/loop/src/inspect/printable.ts': {
    'Names of Tasks, functions, classes and errors, keys and symbols cannot forge a line': [
      'return shorten(clip(text, limit).replaceAll(unprintable(), escaped), limit)',
      'return shorten(clip(text, limit), limit)',
    ],
  },
  'packages/loop/src/inspect/repr.ts': {
    'Printing a value calls none of its getters': ['callsInherited && each !== value ?', 'callsInherited ?'],
    'Any value that a Task throws': [
      '  try {\n    return value instanceof Error || isForeignError(value)\n  } catch {\n    return false\n  }\n',
      '  return value instanceof Error || isForeignError(value)\n',
    ],
  },
  'packages/task/src/sync/lock.ts': {
    'Whenever Tasks are cancelled and time limits expire': ['    this.#locked = true\n', ''],
    'Spindle works on hardened runtimes': [
      '  #locked: boolean\n',
      '  #locked: boolean = new Function("return false")()\n',
    ],
  },
  'packages/task/src/coroutines/frame.ts': {
    'Chains of Tasks and coroutines of any length': [
      'const MAX_NATIVE_DEPTH = 400',
      'const MAX_NATIVE_DEPTH = 400_000',
    ],
  },
  'packages/task/src/tasks/host-task.ts': {
    'A Task sees the stores of `AsyncLocalStorage`': ['enter(this.stores, this.runInScope, this)', 'this.runInScope()'],
  },
  'packages/node/src/servers/server.ts': {
    'Whatever some clients of a server do': ['if (isClientsFault(exception, transport))', 'if (exception === 0)'],
  },
  'packages/node/src/servers/start-server.ts': {
    'By default a server has at most 10,000 connections': [
      'const IDLE_TIMEOUT = 600_000',
      'const IDLE_TIMEOUT = 660_000',
    ],
    'Unknown options are refused': ["  checkOptions('startServer()', options, [...SERVER_OPTIONS, 'reusePort'])\n", ''],
  },
  'packages/node/src/streams/stream-reader.ts': {
    'A stream delivers each byte once and in order': [
      '      this.buffer.prepend(blocks) // in asyncio it is lost\n',
      '',
    ],
  },
  'packages/thread/src/executors/process-manager.ts': {
    'A message from a pool process can at most make that process fail': [
      'if (child !== undefined) return',
      'if (child === undefined) return',
    ],
  },
  'packages/thread/src/transport/typescript-loader.ts': {
    'No code is loaded from the working directory': [
      'for (const from of [module, process.argv[1], own])',
      'for (const from of [`${process.cwd()}/x`])',
    ],
  },
  'packages/distributed/src/working/worker-health.ts': {
    'Nothing that a client sends to the health port': [
      "!/^\\/health(?:\\?|$)/.test(request.url ?? '')",
      "new URL(request.url ?? '', 'http://localhost').pathname !== '/health'",
    ],
  },
  'packages/distributed/src/redis/server-of.ts': {
    'The password of a Redis server is never printed': ["authority.slice(authority.lastIndexOf('@') + 1)", 'authority'],
  },
  'packages/distributed/src/redis/envelope.ts': {
    'With a secret on both sides': [
      'given.length === expected.length && timingSafeEqual(given, Buffer.from(expected))',
      'given.length === expected.length',
    ],
  },
  'packages/distributed/src/calls/codec.ts': {
    'Args and results are read by devalue': [
      'return devalue().parse(text)',
      "return text.startsWith('v8:') ? [text] : devalue().parse(text)",
    ],
  },
  'packages/distributed/src/working/functions.ts': {
    'A worker runs only functions that its modules themselves define': [' || isForeign(value as AnyFunction, url)', ''],
  },
  'packages/inspect/src/node/socket-directory.ts': {
    'The monitor and `spindle why` open no port': [
      'const isOurs = owner === uid && ',
      'const isOurs = owner !== -uid && ',
    ],
  },
  'packages/inspect/src/node/recording-file.ts': {
    'A recording can be read by its owner alone': ['const OWNER_ONLY = 0o600', 'const OWNER_ONLY = 0o644'],
  },
  'apps/lab/src/sandbox/sandbox.ts': {
    'The program in a link of the Lab': ["default-src 'none'", 'default-src *'],
  },
})
