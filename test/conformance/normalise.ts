// Removes every deliberate difference between CPython's trace and Spindle's. This happens only here.
// README.md lists the differences.

import type { Mode } from './mode.ts'

interface Difference {
  readonly what: string
  readonly inCPython?: (entry: string) => string
  readonly inSpindle?: (entry: string) => string
}

export const differences: readonly Difference[] = [
  {
    what: 'Python says ValueError where JavaScript says RangeError.',
    inSpindle: (entry) => entry.replaceAll('RangeError(', 'ValueError('),
  },
  {
    what: 'What is printed of an object within a message has other names in it.',
    inCPython: withoutReprs,
    inSpindle: withoutReprs,
  },
  {
    what: 'A context has nothing to be printed by.',
    inSpindle: (entry) => entry.replaceAll('enter context: it is already', 'enter context: <…> is already'),
  },
  {
    what: 'Who settles a Future twice is told which one it is.',
    inSpindle: (entry) => entry.replaceAll('("invalid state: <…>")', '("invalid state")'),
  },
  {
    what: 'A TimeoutError says which limit it was, and what was waiting where.',
    inSpindle: (entry) =>
      entry.replace(
        /TimeoutError\("(?:[\d.e+]+ ms|the deadline)(?: of virtual time)? passed in (?:[^"\\]|\\.)*"\)/g,
        'TimeoutError("")',
      ),
  },
  {
    what: 'The CancelledError that is the cause of a TimeoutError says so.',
    inSpindle: (entry) => entry.replace(/CancelledError\("cancelled by \w+\(\)"\)/g, 'CancelledError("")'),
  },
  {
    what: 'JavaScript has one chain of causes where Python has two: a timeout explains itself in __context__ there, in cause here.',
    inCPython: withoutTimeoutInChain,
    inSpindle: withoutTimeoutInChain,
  },
  {
    what: 'A report names the Future that gather() gives by its class, which is private in Python.',
    inCPython: (entry) => entry.replace(/^_GatheringFuture exception/, 'GatheringFuture exception'),
  },
  {
    what: 'The error of a bad yield names the place, and the mark of this language.',
    inCPython: (entry) => entry.replace(/"yield was used instead of yield from [^"]*"/g, '"a bare yield"'),
    inSpindle: (entry) =>
      entry
        .replace(/"`yield` was used instead of `yield\*` [^"]*"/g, '"a bare yield"')
        .replace(/("Task got bad yield: (?:[^"\\]|\\.)*?) \(in (?:[^"\\]|\\.)*"/g, '$1"'),
  },
  {
    what: 'The methods of a StreamReader have other names, and a limit is named by its error.',
    inCPython: (entry) => entry.replaceAll('feed_data after feed_eof', 'feedData after feedEof').replace(READS, '("'),
    inSpindle: (entry) =>
      entry
        .replaceAll('RuntimeError("feedData after', 'AssertionError("feedData after')
        .replace(/: more than \d+ bytes, see the option `limit`/g, '')
        .replace(READS, '("'),
  },
  {
    what: 'The words of a TypeError are for the readers of another language.',
    inCPython: withoutTypeErrors,
    inSpindle: withoutTypeErrors,
  },
  {
    what: 'The function that ends a run has another name.',
    inCPython: (entry) => entry.replace('during asyncio.run() shutdown', 'during run() shutdown'),
  },
  {
    what: 'The report of an exception in a callback names the callback.',
    inCPython: withoutCallback,
    inSpindle: withoutCallback,
  },
]

function withoutTimeoutInChain(entry: string): string {
  return entry
    .replace(/(?:TimeoutError\(""\) from )+Cancelled/g, 'TimeoutError("") from Cancelled')
    .replaceAll(' from TimeoutError("") from Cancelled', ' from Cancelled')
}

// Before `() called while another coroutine is already waiting` and ` size can not be less than zero`.
const READS = /\("(?:readexactly|readuntil|readExactly|readUntil|readLine|read)(?=\(\) called | size can not)/g

/**
 * Reports that CPython does not make. They add no entry, so that later entries have the same numbers on both
 * sides.
 */
export const OUR_OWN_REPORTS =
  /was cancelled(?: at the end of the run)?, but swallowed the CancelledError|was cancelled while a `finally` waited|was never awaited|was destroyed but it is pending|was not propagated because of a KeyboardInterrupt/

export function normalised(trace: readonly string[], side: 'inCPython' | 'inSpindle', mode: Mode): string[] {
  const entries = trace.map((entry) =>
    differences.reduce((text, difference) => difference[side]?.(text) ?? text, entry),
  )
  // Exceptions that were never retrieved are reported at the end, in no particular order. In debug mode, Spindle
  // reports them one turn after they happened, including those that are retrieved later.
  const unseen = mode.debug ? [] : entries.filter(isUnseen).sort()
  return [...entries.filter((entry) => !isUnseen(entry)), ...unseen]
}

function isUnseen(entry: string): boolean {
  return entry.includes('exception was never retrieved:')
}

// Only within a message, that is, between quotes.
function withoutReprs(entry: string): string {
  return entry.replace(/\("(?:[^"\\]|\\.)*"/g, (message) => message.replace(/<.*>/, '<…>'))
}

function withoutTypeErrors(entry: string): string {
  return entry.replace(/TypeError\("(?:[^"\\]|\\.)*"/g, 'TypeError("…"')
}

function withoutCallback(entry: string): string {
  return entry.replace(/reported Exception in callback .*?:( \w+\()/, 'reported Exception in callback:$1')
}
