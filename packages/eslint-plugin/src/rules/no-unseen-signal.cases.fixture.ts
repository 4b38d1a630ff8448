import { withoutTypes, withTypes } from '../rule-tester.fixture.ts'
import { noUnseenSignal } from './no-unseen-signal.ts'

const typed = (work: string, called = 'call'): string => `import { call, forEach } from 'spindle'
import { callBack } from 'spindle/more'
declare const other: AbortSignal
declare function load(signal: AbortSignal): Promise<string>
declare const client: { load(signal: AbortSignal): Promise<string>; close(): Promise<void> }
async function connect(host = 'localhost') { return host }
async function open(...names: string[]) { return names }
const patient = (signal = other) => load(signal)
export const it = ${called}(${work})
export const all = [connect, open, patient, forEach, callBack, client]`

const untyped = (work: string): string => `import { call } from 'spindle'
export const it = call(${work})`

withTypes.run('no-unseen-signal', noUnseenSignal, {
  valid: [
    typed('(signal) => load(signal)'),
    typed('(signal, ...more) => load(signal)'),
    typed('load'),
    typed('() => connect()'),
    typed('connect'),
    typed('open'),
    typed('client.close.bind(client)'),
    typed('(callback, signal) => { callback(null, signal) }', 'callBack'),
    typed('(callback, signal, retries = 3) => { callback(null, retries) }', 'callBack'),
    typed('[1, 2], function* (n = 0) {}', 'forEach'),
  ],
  invalid: [
    { code: typed('(signal = other) => load(signal)'), errors: [{ messageId: 'unseen' }] },
    { code: typed('async function (signal = other) { return load(signal) }'), errors: [{ messageId: 'unseen' }] },
    { code: typed('patient'), errors: [{ messageId: 'unseen' }] },
    { code: typed('(...args) => load(...args)'), errors: [{ messageId: 'unseen' }] },
    { code: typed('client.load.bind(client)'), errors: [{ messageId: 'bound' }] },
    {
      code: typed('(callback, signal = other) => { callback(null, signal) }', 'callBack'),
      errors: [{ messageId: 'unseen' }],
    },
    {
      code: typed('(signal = other) => [signal], function* () {}', 'forEach'),
      errors: [{ messageId: 'unseen' }],
    },
  ],
})

withoutTypes.run('no-unseen-signal, by names', noUnseenSignal, {
  valid: [
    untyped('(signal) => load(signal)'),
    untyped('connect'),
    untyped('bind(client)'),
    "import { call } from './mine.js'\ncall((...args) => load(...args))",
  ],
  invalid: [
    { code: untyped('(...args) => load(...args)'), errors: [{ messageId: 'unseen' }] },
    { code: untyped('client.load.bind(client)'), errors: [{ messageId: 'bound' }] },
  ],
})
