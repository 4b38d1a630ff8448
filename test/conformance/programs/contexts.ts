import {
  body,
  callLater,
  callSoon,
  copyContext,
  future,
  gather,
  getVar,
  resetVar,
  runIn,
  setResult,
  setVar,
  sleep,
  spawn,
  spawnEagerly,
  spawnIn,
  turn,
  whenDone,
} from '../constructs/index.ts'
import type { Program } from '../language.ts'
import { program } from './program.ts'

export const contexts: Program[] = [
  // CPython: test_tasks.BaseTaskTests.test_context_1
  // CPython: test_tasks.BaseTaskTests.test_context_2
  // CPython: test_tasks.BaseTaskTests.test_context_3
  program(
    'a Task begins with the values of its maker',
    setVar('v', 1),
    spawn('a', getVar('v'), setVar('v', 2), turn, getVar('v')),
    getVar('v'),
    sleep(1),
    getVar('v'),
  ),
  program('what is set after a Task was made is not seen in it', spawn('a', getVar('v')), setVar('v', 1), sleep(1)),
  program('a coroutine that is awaited shares the values', body(setVar('v', 1)), getVar('v')),
  program(
    'the children of a gather have values of their own',
    setVar('v', 0),
    gather(body(setVar('v', 1), turn, getVar('v')), body(setVar('v', 2), turn, getVar('v'))),
    getVar('v'),
  ),
  program(
    'a callback has a copy',
    setVar('v', 1),
    callSoon(getVar('v'), setVar('v', 2), getVar('v')),
    callLater(1, getVar('v')),
    setVar('v', 3),
    sleep(2),
    getVar('v'),
  ),
  program(
    'a done callback has the values of where it was added',
    future('f'),
    setVar('v', 1),
    whenDone('f', getVar('v'), setVar('v', 9)),
    setVar('v', 2),
    whenDone('f', getVar('v')),
    setVar('v', 3),
    setResult('f'),
    turn,
    getVar('v'),
  ),
  // CPython: test_tasks.BaseTaskTests.test_get_context
  program(
    'a Task in a given context shares it',
    setVar('v', 1),
    copyContext('c'),
    spawnIn('c', 'a', getVar('v'), setVar('v', 2)),
    spawnIn('c', 'b', getVar('v')),
    sleep(1),
    getVar('v'),
    runIn('c', getVar('v')),
  ),
  // CPython: test_eager_task_factory.EagerTaskFactoryLoopTests.test_context_vars
  program(
    'an eager Task has a copy',
    setVar('v', 1),
    spawnEagerly('a', getVar('v'), setVar('v', 2), turn, getVar('v')),
    getVar('v'),
    sleep(1),
  ),
  program(
    'a token puts the old value back',
    setVar('v', 1),
    setVar('v', 2, 't'),
    getVar('v'),
    resetVar('v', 't'),
    getVar('v'),
  ),
  program('a token puts no value back', setVar('v', 2, 't'), resetVar('v', 't'), getVar('v')),
  program('a token serves once', setVar('v', 2, 't'), resetVar('v', 't'), resetVar('v', 't')),
  // CPython: test_context.ContextTest.test_context_getset_2
  program('a token of another variable', setVar('v', 2, 't'), resetVar('w', 't')),
  // CPython: test_context.ContextTest.test_context_getset_4
  program('a token of another context', setVar('v', 2, 't'), spawn('a', resetVar('v', 't')), sleep(1)),
  // CPython: test_context.ContextTest.test_context_run_4
  // CPython: test_context.ContextTest.test_context_run_6
  program(
    'what runs in a context sets there',
    copyContext('c'),
    runIn('c', setVar('v', 1), getVar('v')),
    getVar('v'),
    runIn('c', getVar('v')),
  ),
  // CPython: test_context.ContextTest.test_context_run_7
  program('a context cannot be entered twice', copyContext('c'), runIn('c', runIn('c', getVar('v')))),
]
