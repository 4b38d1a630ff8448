// Makes the skill: one file with all that a coding agent needs to write a program with Spindle. Its text comes from the
// pages of the documentation. The package `spindle` has it as dist/SKILL.md, and the site as /SKILL.md.
// test/docs/skill.test.ts compiles and lints each of its programs.

import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { root } from './setup.mjs'

const HOSTED = 'https://github.com/spindle-js/spindle/blob/main/'

const HEAD = `---
name: spindle
description: Write, correct and test TypeScript with Spindle (asyncio for TypeScript). Use it where a file imports
  'spindle', and for work that has to stop when it is cancelled, such as streams, processes, pools and servers.
---

# Writing programs with Spindle

- A coroutine function is a \`function*\` that returns \`Coroutine<T>\`. \`yield*\` is \`await\`. Times are milliseconds.
- Put \`yield*\` before each call of a coroutine function, \`sleep\`, \`lock.acquire()\`, \`queue.get()\` and the like. To run
  one beside others, write \`createTask(child())\`.
- Never \`await\` in a coroutine. Bring a promise in by \`yield* call((signal) => fetch(url, { signal }))\`.
- Clean up in \`finally\`, with \`using\` or in a \`resource\`. Clean-up that waits goes into \`uncancellable\`.
- A \`catch\` that catches everything begins with \`rethrowIfCancelled(error)\`.
- Blocks are functions: \`yield* timeout(500, function* () { … })\`, \`yield* taskGroup(function* (group) { … })\`.
- \`await run(main())\` at the end of a program; \`await runMain(main())\` of \`spindle/node\` for a service, which handles
  SIGTERM. A server is \`runMain(serve(createServer(handler(answer)).listen(8080)))\`, where \`answer\` is a coroutine
  function of the request and the response.
- Sizes are numbers: \`new Queue<string>(10)\`, \`new Semaphore(2)\`, \`new ThreadPoolExecutor(4)\`.
- Use the lint rules of \`@spindle/eslint-plugin\`, and test with \`it\` and \`explore\` of \`@spindle/testing\`.
`

/** The chapters: their titles, a page of docs/, and a heading of it, or its beginning. */
const CHAPTERS = [
  ['The twelve names', 'learn/twelve-names.md', undefined],
  ['Promises, callbacks, events and streams', 'how-to/node.md', '## Call existing APIs'],
  ['Resources', 'how-to/resources.md', undefined],
  ['Recipes for packages', 'how-to/agents.md', '## Recipes'],
  ['Threads and processes', 'how-to/threads.md', '## Pass a function'],
  ['Tests', 'how-to/testing.md', '## A first test'],
  ['Tests that cancel', 'how-to/testing.md', '## Cancel at each point'],
  ['Mistakes', 'reference/mistakes.md', undefined],
  ['Mistakes in a coroutine', 'reference/mistakes.md', '## In a coroutine'],
  ['Mistakes in plain code', 'reference/mistakes.md', '## In plain code'],
  ['Mistakes whose remedy the compiler names', 'reference/mistakes.md', '## Where the compiler names the remedy'],
]

/** The text of the skill. */
export function skill() {
  return [
    HEAD,
    ...CHAPTERS.map(([title, page = '', heading]) => chapter(`## ${title}`, page, heading)),
    options(),
  ].join('\n')
}

/**
 * A part of a page, to the next heading of any level, as a chapter.
 *
 * @param {string} title
 * @param {string} page
 * @param {string | undefined} heading
 */
function chapter(title, page, heading) {
  const text = textOf(page)
  const from = heading === undefined ? 0 : text.indexOf(`${heading}\n`)
  if (from === -1) throw new Error(`docs/${page} has no chapter ${heading}`)
  const [, ...parts] =
    text
      .slice(from)
      .split(/^(?=#)/m)[0]
      ?.split('\n') ?? []
  const body = parts.join('\n').replace(/\]\((?!https?:)([^)\s#]*)(#[^)\s]*)?\)/g, (_, path, anchor = '') => {
    return `](${HOSTED}${path === '' ? `docs/${page}` : posix.join('docs', posix.dirname(page), path)}${anchor})`
  })
  return `${title}\n${body.replaceAll(/^<!-- .* -->\n/gm, '').trimEnd()}\n`
}

/** The table of options, without their meanings, which the declarations tell. */
function options() {
  const rows = textOf('reference/options.md').match(/^\|.*\|$/gm) ?? []
  const short = rows.map((row) => {
    // A cell may have a | in code.
    const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim())
    return `| ${[cells[1], cells[2], cells[3], cells.at(-2)].join(' | ')} |`
  })
  return `## Options\n\nTheir meanings are in the declarations.\n\n${short.join('\n')}\n`
}

/** @param {string} page */
function textOf(page) {
  return readFileSync(`${root}docs/${page}`, 'utf8')
}
