import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { deflateRawSync } from 'node:zlib'
import { parseRecording, validate } from '@spindle/inspect'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { longForm } from '../../../test/tooling/long-form.ts'
import recorded from '../recordings/task-thread.json' with { type: 'json' }
import { truth } from '../src/lessons/judge-prediction.ts'
import { blocks, type Lesson, parseLesson, wholeProgram } from '../src/lessons/lesson.ts'
import { runProgram } from '../src/sandbox/run-program.ts'
import type { RunResult } from '../src/sandbox/run-request.ts'
import { OF_ANY_FORM, WRONG } from './bad-programs.ts'
import { LabSite, reveal, type } from './page.ts'

const folder = new URL('../src/lessons/', import.meta.url)
const lessons = readdirSync(folder)
  .filter((name) => name.endsWith('.md'))
  .map((name) => parseLesson(name, readFileSync(new URL(name, folder), 'utf8')))
function lesson(wanted: string): Lesson {
  return lessons.find(({ name }) => name === wanted)!
}
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let site: LabSite
beforeAll(async () => {
  site = await LabSite.start()
})
afterAll(() => site?.stop())

// Runs in the page.
const lab = "() => document.querySelector('spindle-lab').state"

/** However slow the machine is: the second after which a program is stopped takes a minute, once reloaded. */
async function withPatience(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const { setTimeout } = globalThis
    globalThis.setTimeout = ((fn: () => void, ms?: number) =>
      setTimeout(fn, ms === 1000 || ms === 10_000 ? 60_000 : ms)) as typeof setTimeout
  })
  await page.reload()
  await page.waitForFunction("document.querySelector('spindle-lab')?.state?.result.value !== undefined")
}

describe('the lessons, in the minified page', () => {
  let page: Page
  let errors: string[]
  beforeAll(async () => {
    ;({ page, errors } = await site.open('#calling'))
    await withPatience(page)
  })
  afterAll(() => page?.context().close())

  // What a judge decides, the tests of the judges say in Node. All lessons share one page here.
  it.each(lessons)('lesson $number runs as in Node, is the same forth and back, and can be passed', async (lesson) => {
    const { name, program, exercise } = lesson
    const seen = (await page.evaluate(`(async () => {
      const state = (${lab})()
      state.open('${name}')
      while (state.result.value === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
      const { recording } = state.result.value
      const at = () => JSON.stringify([state.stop.value, state.tasks.value, state.output.value])
      const last = state.story.value.stops.length - 1
      const forth = []
      for (let n = 0; n <= last; n++) { state.seek(n); forth.push(at()) }
      const differing = []
      for (let n = last; n >= 0; n--) { state.seek(n); if (at() !== forth[n]) differing.push(n) }
      await state.run() // in a Worker that was prepared
      const later = state.result.value.recording
      state.startExercise()
      state.edit(${JSON.stringify(wholeProgram(exercise, exercise.solution))})
      await state.check()
      const { verdict, done } = state
      return { recording, later, differing, isDistinct: new Set(forth).size === forth.length,
        passed: verdict.value.passed, isDone: done.value.has('${name}') }
    })()`)) as Record<string, unknown>
    const here = await new Promise((resolve) =>
      runProgram({ source: program, schedule: [], seed: 1 }, ({ recording }) => resolve(recording)),
    )
    const expected = { differing: [], isDistinct: true, passed: true, isDone: true }
    expect(seen).toEqual({ recording: here, later: here, ...expected })
    expect(errors).toEqual([])
  })

  it('show a wrong attempt with its run, and tick the right one', async () => {
    const { page } = await site.open('#what-cancel-does')
    const { name, exercise } = lesson('what-cancel-does')
    await page.getByRole('button', { name: 'To the exercise' }).click()
    const answers = readFileSync(new URL(`./answers/${name}.md`, import.meta.url), 'utf8')
    const { info, code } = blocks(answers).find((each) => each.info.startsWith('ts wrong: '))!
    for (const [own, says] of [
      [code, info.slice('ts wrong: '.length).replaceAll('`', '')],
      [exercise.solution, ''],
    ] as const) {
      await type(page, own, wholeProgram(exercise, own))
      await page.getByRole('button', { name: 'Check my lines' }).click()
      await page.waitForSelector(`.exercise ${says === '' ? '.passed' : '.failed'}`)
      expect(await page.textContent('.exercise .verdict')).toContain(says)
      expect(await page.locator('.picture svg').count()).toBe(1)
    }
    expect(await page.locator('.path .done').textContent()).toMatch(/^✓ 8\. /)
    await page.context().close()
  })
})

describe('the cursor', () => {
  /** What the page shows at the cursor, in words. The account, the slider and the picture must agree. */
  async function shown(page: Page): Promise<{ stop: number; account: string; now: string; slider: string; x: number }> {
    return await page.evaluate(`(() => {
      const state = (${lab})()
      const slider = document.querySelector('input[type=range]')
      const [, x] = /translate\\(([-.\\d]+)/.exec(document.querySelector('.picture .cursor').getAttribute('transform'))
      return {
        stop: state.stop.value,
        account: document.querySelector('.account [aria-current]').textContent.replace(/ \\(line \\d+\\)$/, ''),
        now: document.querySelector('.now-said')?.textContent.replace(/\\.\\s*$/, '') ?? '',
        slider: slider.value,
        x: Number(x),
      }
    })()`)
  }

  it('is moved by the slider, a click on the picture, and a click on a line of the account', async () => {
    const { page, errors } = await site.open('#which-way')
    await reveal(page)
    const last = (await page.evaluate(`(${lab})().story.value.stops.length - 1`)) as number
    const slider = page.getByRole('slider', { name: 'position in the run' })
    const output = async (): Promise<string> => (await page.textContent('.output pre'))!.trim()
    const atEnd = await output()
    expect((await shown(page)).stop).toBe(last)

    // The slider: by the mouse, then by its keys.
    const box = (await slider.boundingBox())!
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
    const middle = await shown(page)
    expect(Math.abs(middle.stop - last / 2)).toBeLessThanOrEqual(1)
    expect(middle).toMatchObject({ slider: `${middle.stop}`, account: middle.now })
    expect((await output()).length).toBeLessThan(atEnd.length)
    await page.keyboard.press('ArrowRight')
    expect(await shown(page)).toMatchObject({ stop: middle.stop + 1, slider: `${middle.stop + 1}` })

    // The picture: each column is where the cursor goes.
    const xs = (await page.evaluate(`(${lab})().drawing.value.xs`)) as number[]
    const rows = (await page.evaluate(`(${lab})().story.value.stops`)) as number[]
    for (const stop of [3, 9, 1]) {
      const picture = page.locator('.picture')
      await picture.evaluate((element, x) => element.scrollTo(x - 200, 0), xs[rows[stop]!]!)
      const left = (await page.locator('.picture svg').boundingBox())!.x
      const top = (await picture.boundingBox())!.y
      await page.mouse.click(left + xs[rows[stop]!]! + 1, top + 20)
      const now = await shown(page)
      expect(now).toMatchObject({ stop, slider: `${stop}`, account: now.now })

      await expect.poll(async () => (await shown(page)).x).toBeCloseTo(xs[rows[stop]!]!)
    }

    // The account: the line that is clicked is the current one.
    await page.getByText('Every step of this run').click()
    const lines = page.locator('.account li button')
    expect(await lines.count()).toBe(last + 1)
    for (const n of [9, 5, 0]) {
      const text = (await lines.nth(n).textContent())!.replace(/ \(line \d+\)$/, '')
      await lines.nth(n).click()
      expect(await shown(page)).toMatchObject({ stop: n, slider: `${n}`, account: text, now: text })
    }
    expect(await output()).toBe('')
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('may be joined by a focus: the causes of one Task alone, by a click on its name or by keyboard', async () => {
    const { page } = await site.open('#two-failures')
    await reveal(page)
    const faint = page.locator('.picture .dimmed rect')
    const { y } = (await page.evaluate(`(${lab})().drawing.value.lanes.find(({ task }) => task === 2)`)) as {
      y: number
    }
    const box = (await page.locator('.picture').boundingBox())!
    await page.mouse.click(box.x + 20, box.y + y)
    await expect.poll(() => faint.count()).toBe(2) // all but main and the first of its three
    const named = page.getByRole('button', { name: 'save 1', exact: true })
    expect(await named.getAttribute('aria-pressed')).toBe('true')
    await named.focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => faint.count()).toBe(0)
    await page.context().close()
  })
})

it('may be edited while the judge is at work', async () => {
  const { page } = await site.open('#calling')
  await page.getByRole('button', { name: 'To the exercise' }).click()
  const { exercise } = lesson('calling')
  await page.evaluate(`(() => {
    const state = (${lab})()
    void state.check()
    state.edit(${JSON.stringify(wholeProgram(exercise, exercise.solution))})
  })()`)
  await page.getByRole('button', { name: 'Check my lines' }).click()
  await page.waitForSelector('.exercise .passed')
  await page.context().close()
})

describe('a program that does not end', () => {
  let page: Page
  let errors: string[]
  beforeAll(async () => {
    ;({ page, errors } = await site.open('#playground'))
  })
  afterAll(() => page?.context().close())

  const wrap = (line: string): string =>
    `import { createTask, run, sleep } from 'spindle'\nfunction* main() {\n${line}\n}\nawait run(main())`
  it.each([
    ['an endless loop in a getter', wrap('console.log({ get x() { for (;;); } })'), { kind: 'never-waits', line: 3 }],
    ['a catastrophic regular expression', wrap('/^(a+)+$/.test("a".repeat(40) + "b")'), { kind: 'too-long', line: 0 }],
    ['endless microtasks', '(function f() { queueMicrotask(f) })()\nawait new Promise(() => {})', { kind: 'too-long' }],
    ['a deadlock', wrap('yield* sleep(Number.POSITIVE_INFINITY)'), { kind: 'deadlock', line: 3 }],
    ['all memory', wrap('const all = []\nfor (;;) all.push(new Uint8Array(1e8).fill(1))'), {}],
    ['Tasks without end', wrap('for (;;) createTask(sleep(1))'), {}],
    [
      'broken built-ins',
      wrap('Object.prototype.then = 1\nArray.prototype.push = () => { throw new Error("no") }\nyield* sleep(1)'),
      {},
    ],
    [
      'an unreadable error',
      wrap('throw new Proxy({}, { getPrototypeOf() { throw new Error("no") } })'),
      { kind: 'error', line: 0 },
    ],
    ['a message of its own', 'postMessage({ recording: 7 })\nfor (;;) {}', {}],
    [
      'a forged answer',
      'DedicatedWorkerGlobalScope.prototype.postMessage?.call(self, { awaits: [], recording: { rows: [] } })\nthrow 7',
      { kind: 'error' },
    ],
  ])('is stopped, with its line: %s', async (_name, source, expected) => {
    await type(page, source)
    expect(await page.evaluate(`(${lab})().result.value.failure`)).toMatchObject(expected)
    expect(await page.locator('.problem').isVisible()).toBe(true)
    expect(await page.textContent('.problem')).not.toMatch(/undefined|NaN ms|\[object/)
    // The page still works, and the next program runs.
    await type(page, wrap('console.log("next")'))
    expect(await page.textContent('.output pre')).toBe('next')
    expect(errors.filter((error) => error !== 'Error: no')).toEqual([]) // this error belongs to the program, in its Worker
  })

  it('is stopped, with its line: a loop that only lets others run, which is found by the number of its steps', async () => {
    const { page } = await site.open('#playground')
    await withPatience(page)
    await type(page, wrap('while (true) yield* sleep(0)'))
    expect(await page.evaluate(`(${lab})().result.value.failure`)).toMatchObject({ kind: 'never-ends', line: 3 })
    await page.context().close()
  })
})

it('runs programs of any form, and reports errors in others, as Node does', async () => {
  const { page, errors } = await site.open('#playground')
  const outcomes: unknown[] = []
  for (const [, source] of [...OF_ANY_FORM, ...WRONG]) {
    await type(page, source)
    outcomes.push(
      await page.evaluate(`(() => {
        const { recording, failure } = (${lab})().result.value
        const printed = recording.rows.flatMap((row) => (row.kind === 'print' ? [row.text] : []))
        return failure === undefined ? printed : [...printed, failure.kind, failure.line, failure.message]
      })()`),
    )
  }
  expect(outcomes).toEqual([...OF_ANY_FORM, ...WRONG].map(([, , outcome]) => outcome))
  expect(errors).toEqual([])
  await page.context().close()
})

it('shows 10,000 Tasks in one lane', async () => {
  const { page, errors } = await site.open('#playground')
  await withPatience(page)
  const child = 'function* child(n: number) { yield* sleep(n % 7) }'
  const main =
    'function* main() { yield* gather(Array.from({ length: 10_000 }, (_, n) => child(n))); console.log("all") }'
  await type(page, `import { gather, run, sleep } from 'spindle'\n${child}\n${main}\nawait run(main())`)
  expect(await page.evaluate(`(${lab})().result.value.failure`)).toBe(undefined)
  expect(await page.textContent('.output pre')).toBe('all')
  expect(await page.textContent('.picture svg')).toContain('child() × 10,000')
  expect(errors).toEqual([])
  await page.context().close()
})

describe('the sandbox', () => {
  let page: Page
  beforeAll(async () => {
    ;({ page } = await site.open('#playground'))
  })
  afterAll(() => page?.context().close())

  const ATTEMPTS: Record<string, string> = {
    fetch: 'await fetch(URL_)',
    import: 'await import(URL_)',
    importScripts: 'globalThis.importScripts(URL_)',
    XMLHttpRequest:
      "await new Promise((ok, no) => { const r = new XMLHttpRequest(); r.onload = ok; r.onerror = () => no(new Error('blocked')); r.open('GET', URL_); r.send() })",
    WebSocket:
      "await new Promise((ok, no) => { const s = new WebSocket(URL_.replace('http', 'ws')); s.onopen = ok; s.onerror = () => no(new Error('blocked')) })",
    EventSource:
      "await new Promise((ok, no) => { const s = new EventSource(URL_); s.onopen = ok; s.onerror = () => no(new Error('blocked')) })",
    'a nested Worker':
      "await new Promise((ok, no) => { const w = new Worker(URL.createObjectURL(new Blob(['fetch(\"' + URL_ + '\").then(() => postMessage(1), () => postMessage(0))']))); w.onmessage = (e) => (e.data ? ok() : no(new Error('blocked'))); w.onerror = () => no(new Error('blocked')) })",
    indexedDB:
      "await new Promise((ok, no) => { const r = indexedDB.open('x'); r.onsuccess = ok; r.onerror = () => no(new Error('blocked')) })",
    caches: "await caches.open('x')",
    parent: 'parent.document.title',
    localStorage: 'localStorage.getItem("x")',
  }
  const attempt = (code: string, url: string): string =>
    `const URL_ = ${JSON.stringify(url)}\ntry {\n${code}\nconsole.log('escaped')\n} catch (error) {\nconsole.log('blocked')\n}`

  it.each(Object.entries(ATTEMPTS))('holds back %s', async (name, code) => {
    const url = new URL(`/escaped/${encodeURIComponent(name)}`, site.url).href
    await type(page, attempt(code, url))
    const printed = (await page.evaluate(
      `(${lab})().recording.value.rows.filter((row) => row.kind === 'print').map((row) => row.text)`,
    )) as string[]
    expect({ printed, reached: site.requests.filter((path) => path.startsWith('/escaped/')) }).toEqual({
      printed: ['blocked'],
      reached: [],
    })
  })

  it('would be noticed if it did not: without the policy requests arrive', async () => {
    const url = new URL('/control/fetch', site.url).href
    await page.evaluate(
      `new Promise((done) => {
        const frame = document.createElement('iframe')
        frame.sandbox = 'allow-scripts'
        frame.srcdoc = '<script>new Worker(URL.createObjectURL(new Blob(["fetch(\\\\"${url}\\\\").finally(() => postMessage(1))"]))).onmessage = () => parent.postMessage("control", "*")<\\/script>'
        addEventListener('message', (event) => { if (event.data === 'control') done() })
        document.body.append(frame)
      })`,
    )
    expect(site.requests).toContain('/control/fetch')
  })
})

describe('things to copy and download', () => {
  let page: Page
  beforeAll(async () => {
    ;({ page } = await site.open('#which-way', { permissions: ['clipboard-read', 'clipboard-write'] }))
    await reveal(page)
    await page.getByText('More', { exact: true }).click()
  })
  afterAll(() => page?.context().close())

  const downloaded = async (button: string): Promise<string> => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: button }).click(),
    ])
    return readFileSync(await download.path(), 'utf8')
  }

  it('is a picture, a recording that other tools read, and a trace', async () => {
    expect(await downloaded('download picture (SVG)')).toMatch(/^<svg [\s\S]*report[\s\S]*<\/svg>$/)
    const recording = await downloaded('download recording')
    expect(validate(recording)).toEqual([])
    expect(parseRecording(recording)).toEqual(await page.evaluate(`(${lab})().recording.value`))
    expect(JSON.parse(await downloaded('download trace (Perfetto)')).traceEvents.length).toBeGreaterThan(20)
  })

  it('is a test of the program, regardless of a cancellation on the page', async () => {
    const copied = async (): Promise<unknown> => {
      await page.evaluate("navigator.clipboard.writeText('')")
      await page.getByRole('button', { name: 'copy as test' }).click()
      await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).not.toBe('')
      return page.evaluate('navigator.clipboard.readText()')
    }
    const before = await copied()
    expect(before).toContain('it("Which way does it go?"')
    await page.locator('.awaits summary').click()
    await page.getByRole('button', { name: /^cancel once at line 22/ }).click()
    await page.waitForFunction("document.querySelector('.sentence').textContent.includes('You cancel')")
    expect(await copied()).toBe(before)
    expect(await page.textContent('.sentence')).toContain('You cancel')
  })
})

describe('the instrument Task | Thread', () => {
  const address = (search: string): string => `${site.url}task-thread.html${search}`
  let page: Page
  beforeAll(async () => {
    const context = await site.browser.newContext({ viewport: { width: 1024, height: 768 }, reducedMotion: 'reduce' })
    page = await context.newPage()
  })
  afterAll(() => page?.context().close())

  it('says at each moment of a drag what the recordings say, and moves nothing else', async () => {
    const from = site.requests.length
    await page.goto(address('?thread=looks'))
    const sentence = async (row: string): Promise<string | null> => page.textContent(`.row.${row} p b`)
    await page.evaluate('document.fonts.ready.then(() => true)')
    await page.evaluate(`(() => {
      window.shifts = 0
      new PerformanceObserver((list) => { for (const { value } of list.getEntries()) window.shifts += value })
        .observe({ type: 'layout-shift' })
    })()`)
    const handle = (await page.locator('.handle').boundingBox())!
    await page.mouse.move(handle.x + 90, handle.y + 20)
    await page.mouse.down()
    const seen = new Set<number>()
    for (let n = 0; n < 20; n++) {
      await page.mouse.move(320 + 22 * n, handle.y + 20)
      const stop = Number(await page.inputValue('input[type=range]'))
      seen.add(stop)
      const [, , over] = recorded.task.sleeps.runs[(stop - 60) / 10]!
      const { looks, told, over: end } = recorded.thread.looks
      expect([stop, await sentence('task'), await sentence('thread')]).toEqual([
        stop,
        `Over ${over! - stop} ms later.`,
        `Over ${looks.find((at) => at >= stop)! + end! - told! - stop} ms later.`,
      ])
    }
    await page.mouse.up()
    expect(seen.size).toBeGreaterThan(15)
    expect(await page.evaluate('window.shifts')).toBeLessThan(0.002)
    const bytes = site.requests.slice(from).map((path) => (path.endsWith('.woff2') ? 0 : site.gzipSize(path)))
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(60_000)
  })

  it('is used by keyboard, and says to a screen reader what it draws', async () => {
    await page.goto(address('?stop=300'))
    await page.keyboard.press('3')
    await page.getByRole('slider').press('ArrowRight')
    expect(await page.getByRole('slider').getAttribute('aria-valuetext')).toBe('310 ms')
    const says = 'Thread. Never over. The Event is set, nobody looks, and join() waits forever.'
    expect(await page.getByRole('img').last().getAttribute('aria-label')).toBe(says)
    for (const name of ['waits for the Event', 'Point by point', 'is told'])
      await page.getByRole('button', { name }).press('Enter')
    expect(await page.locator('.line.ringed').allTextContents()).toEqual([
      '      yield* sleep(100)',
      '  t.cancel()',
      '    if (done.wait({ timeout: 100 })) break',
      '  done.set()',
    ])
    expect(await page.locator('svg .ring').count()).toBe(2)
    await page.getByRole('checkbox').press('Space')
    expect(await page.textContent('.row.promise b')).toBe('Never over.')
  })

  it('fits a projector, and a phone, in each state', async () => {
    await page.addInitScript(axe)
    const fits =
      'document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight'
    for (const search of ['looks', 'event&point=told', 'never&point=runs', 'computes&stop=300']) {
      await page.goto(address(`?thread=${search}`))
      expect([search, await page.evaluate(fits)]).toEqual([search, true])
    }
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      for (const [search, width] of [
        ['?promise&thread=never', 320],
        ['?point=waits&thread=computes', 1024],
      ] as const) {
        await page.setViewportSize({ width, height: 768 })
        await page.goto(address(search))
        const { violations } = (await page.evaluate('axe.run()')) as { violations: { id: string; nodes: unknown[] }[] }
        expect([search, violations.map(({ id, nodes }) => [id, nodes[0]])]).toEqual([search, []])
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
      }
    }
  })

  it('shows nothing of what is to come while it plays', async () => {
    await page.clock.install()
    await page.goto(address('?stop=800'))
    await page.clock.runFor(100)
    await page.getByRole('button', { name: 'Play' }).click()
    const seen: unknown[] = []
    for (const ms of [500, 330, 1000]) {
      await page.clock.runFor(ms)
      seen.push([await page.textContent('.row.task p'), await page.locator('.pictures.unsaid').count()])
    }
    const atEnd = 'Over 50 ms later. The error is thrown in where it waits, at once.'
    expect(seen).toEqual([
      [' ', 1],
      [' Stop has been said …', 0],
      [atEnd, 0],
    ])
  })

  it('is the first thing of the Lab, and may be on a page ten times', async () => {
    const { page: first } = await site.open('')
    expect(await first.textContent('.welcome h2')).toBe('Say stop. When is it over?')
    const frame = `<iframe src="${address('?thread=never')}" title="Task and thread"></iframe>`
    await first.setContent(frame.repeat(10))
    for (let n = 0; n < 10; n++)
      await first.frameLocator('iframe').nth(n).getByText('Never over.').waitFor({ state: 'attached' })
    await first.context().close()
  })
})

it('keeps the picture and the cursor while the program cannot be parsed', async () => {
  const { page, errors } = await site.open('#which-way')
  await reveal(page)
  await page.evaluate(`(${lab})().seek(5)`)
  const shown = (): Promise<unknown> =>
    page.evaluate(`[(${lab})().stop.value, document.querySelector('.account').textContent]`)
  const before = await shown()
  const { program } = lesson('which-way')
  await type(page, `${program}\nif (`)
  expect(await shown()).toEqual(before)
  expect(await page.textContent('.sentence')).toMatch(
    /^The program cannot be parsed at the moment. Its last run: the Task main is created/,
  )
  expect(await page.locator('.lab-runs, .lab-waits').count()).toBe(0) // lines may have moved
  await type(page, `${program}\n`)
  expect(await shown()).toEqual(before)
  expect(await page.textContent('.sentence')).toMatch(/report creates the Task read\. $/)
  // The program of another lesson has no last run here.
  await page.getByRole('button', { name: 'Playground' }).click()
  await page.waitForFunction(`!(${lab})().running.value`)
  expect(await page.textContent('.sentence')).not.toContain('report')
  expect(errors).toEqual([])
  await page.context().close()
})

it('says so if no Task waits at the line of a "cancel here"', async () => {
  const { page } = await site.open('#what-cancel-does')
  await reveal(page)
  await type(
    page,
    lesson('what-cancel-does').program.replace('createTask(job())', 'createTask(job())\n  task.cancel()'),
  )
  await page.locator('.awaits summary').click()
  await page.getByRole('button', { name: 'cancel once at line 6' }).click()
  await expect
    .poll(() => page.textContent('.awaits .missed'))
    .toBe('No Task waits at line 6 in this run, so nothing is cancelled there.')
  await page.getByRole('button', { name: 'cancel once at line 15' }).click()
  await page.waitForFunction("document.querySelector('.account').textContent.includes('you cancel main')")
  expect(await page.locator('.awaits .missed').allTextContents()).toHaveLength(1)
  await page.context().close()
})

it('runs each program of the playground', async () => {
  const { page, errors } = await site.open('#playground')
  const names = await page.locator('.question select > option').allTextContents()
  expect(names.length).toBeGreaterThan(10)
  for (const [n, name] of names.entries()) {
    await page.locator('.question select').selectOption(String(n))
    await page.waitForFunction(`!(${lab})().running.value`)
    expect([name, await page.evaluate(`(${lab})().result.value.failure`)]).toEqual([name, undefined])
    expect(await page.textContent('.output pre')).not.toBe(' ')
  }
  expect(errors).toEqual([])
  await page.context().close()
})

it('in teaching mode, hides the picture until it is requested, and uses large type', async () => {
  const { page } = await site.open('#which-way')
  await reveal(page)
  const size = (): Promise<number> =>
    page.evaluate("parseFloat(getComputedStyle(document.querySelector('.cm-content')).fontSize)")
  const before = await size()
  await page.getByText('More', { exact: true }).click()
  await page.getByRole('button', { name: 'For the projector' }).click()
  expect(await page.locator('.picture').count()).toBe(0)
  expect(await size()).toBeGreaterThan(before * 1.2)
  await page.waitForFunction('document.fullscreenElement !== null')
  await page.getByRole('button', { name: 'show the picture' }).click()
  expect(await page.locator('.picture svg').count()).toBe(1)
  await page.getByRole('button', { name: 'For the projector' }).click()
  await page.waitForFunction('document.fullscreenElement === null')
  expect([await size(), await page.locator('.picture svg').count()]).toEqual([before, 1])
  await page.context().close()
})

it('shows the lanes above the code on a phone, and respects prefers-reduced-motion', async () => {
  const { page } = await site.open('#which-way', { viewport: { width: 320, height: 640 }, reducedMotion: 'reduce' })
  await reveal(page)
  const top = async (selector: string): Promise<number> => (await page.locator(selector).boundingBox())?.y ?? Number.NaN
  expect(await top('.picture')).toBeLessThan(await top('.lab-editor'))
  expect(await page.evaluate('document.querySelector(".stage").offsetHeight <= innerHeight / 2')).toBe(true)
  // It is scrolled to the end, and the names are still there.
  const box = (await page.locator('.picture').boundingBox())!
  expect(await page.evaluate("document.querySelector('.picture').scrollLeft")).toBeGreaterThan(100)
  const names = page.locator('.picture .names text')
  expect(await names.allTextContents()).toEqual(['main', '└ report', '└ read', 'prints'])
  for (const name of await names.all()) {
    const { x, width } = (await name.boundingBox())!
    expect(x >= box.x && x + width <= box.x + box.width).toBe(true)
  }
  const moving = `[...document.querySelectorAll('*')].filter((element) => {
    const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element)
    return /[1-9]/.test(transitionDuration) || animationName !== 'none' || scrollBehavior === 'smooth'
  }).map((element) => element.className).filter((name) => !String(name).includes('cm-'))`
  expect(await page.evaluate(moving)).toEqual([])
  await page.context().close()
})

it.each([
  ['on a phone', 360, 740],
  ['at a zoom of 200 %', 640, 360],
])('shows the verdict with its picture, and hides no control behind it, %s', async (_where, width, height) => {
  const { page } = await site.open('#which-way', { viewport: { width, height }, reducedMotion: 'reduce' })
  await reveal(page)
  await page.getByRole('button', { name: 'To the exercise' }).click()
  await page.getByRole('button', { name: 'Check my lines' }).click()
  await page.waitForSelector('.verdict.failed')
  // Scrolled there by an effect.
  await page.waitForFunction("document.querySelector('.verdict').getBoundingClientRect().bottom <= innerHeight + 1")
  expect(await page.textContent('.verdict')).toContain('The picture shows that very run.')
  const [picture, verdict] = [
    (await page.locator('.picture').boundingBox())!,
    (await page.locator('.verdict').boundingBox())!,
  ]
  expect(picture.y).toBeGreaterThanOrEqual(0)
  expect(picture.y + 60).toBeLessThan(height)
  const isApart = picture.x + picture.width <= verdict.x || picture.y + picture.height <= verdict.y
  expect(isApart).toBe(true)
  const hidden = `[...document.querySelectorAll('button, summary, select, input, a[href], .cm-content')]
    .filter((element) => element.checkVisibility() && !element.disabled)
    .reverse()
    .filter((element) => {
      element.focus()
      const { left, top, width } = element.getBoundingClientRect()
      const found = document.elementFromPoint(left + width / 2, Math.max(top, 0) + 4)
      return found === null || !(element.contains(found) || found.contains(element))
    })
    .map((element) => element.textContent)`
  expect(await page.evaluate(hidden)).toEqual([])
  // A program that cannot be parsed has no run.
  await page.locator('.cm-content').focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText('if (')
  await page.getByRole('button', { name: 'Check my lines' }).click()
  await page.waitForFunction("document.querySelector('.verdict.failed')?.textContent.includes('Unexpected token')")
  expect(await page.textContent('.verdict')).not.toContain('that very run')
  await page.context().close()
})

describe('accessibility', () => {
  const PAGES: Record<string, (page: Page) => Promise<void>> = {
    'a question': async () => {},
    'a run': async (page) => {
      await reveal(page)
      for (const details of await page.locator('summary:visible').all()) await details.click()
    },
    'an exercise that fails': async (page) => {
      await page.getByRole('button', { name: 'To the exercise' }).click()
      await page.getByRole('button', { name: 'Check my lines' }).click()
      await page.waitForSelector('.exercise .failed')
    },
    'the playground': async (page) => {
      await page.getByRole('button', { name: 'Playground' }).click()
      await type(page, 'let x =')
    },
    'the teacher’s page': async (page) => {
      await page.selectOption('.path', 'swallowed')
      await reveal(page)
      await page.getByRole('button', { name: 'For the projector' }).click()
    },
  }
  it.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['on a phone', { viewport: { width: 320, height: 720 }, colorScheme: 'dark' }],
  ] as const)('axe finds nothing on any page, %s', async (_name, options) => {
    const { page } = await site.open('#which-way', options)
    await page.evaluate(axe)
    for (const [name, show] of Object.entries(PAGES)) {
      await show(page)
      const { violations } = (await page.evaluate('axe.run({ iframes: false })')) as {
        violations: { id: string; nodes: { html: string; failureSummary: string }[] }[]
      }
      const found = violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${name}: ${id}: ${html.slice(0, 120)} ${failureSummary}`),
      )
      expect(found).toEqual([])
      expect([name, await page.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([name, true])
    }
    await page.context().close()
  })

  // What each lesson proposes under "Change it", and what its run then prints. Lines are those before the change.
  const CHANGES: Record<string, { edits?: [from: string, to: string][]; cancel?: string; prints: string }> = {
    calling: { edits: [["  greet('Ada')", "  yield* greet('Ada')"]], prints: 'hello, Ada' },
    'waiting-together': {
      edits: [
        ['import { type', 'import { gather, type'],
        [
          "yield* download('one')\n  yield* download('two')\n  yield* download('three')",
          "yield* gather([download('one'), download('two'), download('three')])",
        ],
      ],
      prints: 'got three',
    },
    'who-runs-next': { edits: [['  yield* sleep(0)\n', '']], prints: 'A1\nA2\nB1\nB2\nC1\nC2' },
    blocking: {
      edits: [['compute(20)', '{ compute(20); yield* sleep(1) }']],
      prints: 'turn at 71 ms',
    },
    'what-cancel-does': {
      edits: [
        ['  task.cancel()\n', ''],
        ['createTask(job())\n', 'createTask(job())\n  task.cancel()\n'],
      ],
      prints: 'main: cancel() has returned\nmain: cancelled: true',
    },
    'which-way': { cancel: 'cancel once at line 22', prints: 'read: closed the file' },
    'clean-up': { cancel: 'cancel once at line 8', prints: 'connection: goodbye …\nmain: it is over' },
    swallowed: { cancel: 'cancel twice at line 6', prints: 'page 2: CancelledError' },
    'right-moment': { edits: [['  yield* sleep(0) // the workers begin\n', '']], prints: 'a has worked\nc has worked' },
    structured: {
      edits: [
        ['import { type Coroutine, createTask, run, sleep }', 'import { type Coroutine, run, sleep, taskGroup }'],
        ['  createTask(send())', '  yield* taskGroup(function* (group) {\n  group.createTask(send())'],
        ["throw new Error('the disk is full')\n", "throw new Error('the disk is full')\n  })\n"],
      ],
      prints: 'main: not saved',
    },
    'two-failures': { edits: [["save('cloud', 20)", "save('cloud', 25)"]], prints: 'main: disk is full' },
    'whose-deadline': {
      edits: [['timeout(30, ask)', 'timeout(100, ask)']],
      prints: 'ask: the server is slow\nmain: nothing',
    },
    losers: { edits: [["'far', 1000", "'far', 10"]], prints: 'far: hung up\nnear: hung up\nmain: far' },
    'second-cancel': {
      edits: [
        ['shield, sleep', 'sleep, uncancellable'],
        ['shield(pay())', 'uncancellable(pay)'],
      ],
      prints: 'pay: paid\norder: over\nmain: nothing is left of the order',
    },
    'back-pressure': {
      edits: [['new Queue<number>()', 'new Queue<number>(1)']],
      prints: 'main: the longest queue was 1',
    },
    shutdown: {
      edits: [['worker.cancel()', 'jobs.shutdown()']],
      prints: 'work: a is done\nwork: b is done\nwork: c is done\nmain: left for tomorrow: 0',
    },
    'abort-signal': {
      edits: [['call((signal) => download(signal))', 'call(() => download())']],
      prints: 'user: over\nmain: cancelled true',
    },
    deadlock: { edits: [["transfer(b, a, 'b to a')", "transfer(a, b, 'b to a')"]], prints: 'b to a: has both locks' },
    'lost-errors': {
      edits: [
        ["createTask(save('two')", "const two = createTask(save('two')"],
        ['sleep(30)', 'two'],
      ],
      prints: 'one is saved',
    },
    'exit-stack': { edits: [["name === 'c'", "name === 'b'"]], prints: 'a is closed\nmain: c cannot be opened' },
    retry: { edits: [['sleep(10)\n  task', 'sleep(25)\n  task']], prints: 'attempt 1\nmain: cancelled: true' },
  }

  // The short form has one lesson: each takes three seconds.
  const tried = longForm ? lessons : lessons.filter(({ name }) => name === 'which-way')
  it.each(tried)('lesson $number by keyboard alone', async (lesson) => {
    const { page, errors } = await site.open(`#${lesson.name}`)
    const { keyboard } = page
    const focused = (): Promise<string[]> =>
      page.evaluate(`[document.activeElement.getAttribute('aria-label') ?? '', document.activeElement.textContent.trim(),
        document.activeElement.closest('label')?.textContent.trim() ?? '']`)
    const press = async (key: string, until: string, isExact = false): Promise<void> => {
      const passed: string[] = []
      for (let n = 0; n < 70; n++) {
        await keyboard.press(key)
        const [label = '', text = '', around = ''] = await focused()
        if ([label, text, around].some((name) => (isExact ? name === until : name.startsWith(until)))) return
        passed.push(label || text.slice(0, 20))
        if (label.startsWith('the program')) await keyboard.press('Escape') // so that Tab leaves the editor
      }
      throw new Error(`${key} never reached "${until}", but: ${passed.join(', ')}`)
    }
    const lineOfCaret = (): Promise<number> =>
      page.evaluate(
        "[...document.querySelectorAll('.cm-line')].findIndex((line) => line.contains(getSelection().focusNode))",
      )
    const replace = async (from: string, to: string): Promise<void> => {
      const source = (await page.evaluate(`(${lab})().source.value`)) as string
      const start = source.indexOf(from)
      const before = source.slice(0, start).split('\n')
      await keyboard.press('Control+Home')
      // In a line that is wrapped, the arrow goes to its next part.
      while ((await lineOfCaret()) < before.length - 1) await keyboard.press('ArrowDown')
      for (let column = 0; column < before.at(-1)!.length; column++) await keyboard.press('ArrowRight')
      for (let n = 0; n < from.length; n++) await keyboard.press('Shift+ArrowRight')
      await page.waitForFunction(`getSelection().toString() === ${JSON.stringify(from)}`)
      if (to === '') await keyboard.press('Delete')
      else await keyboard.insertText(to)
      await expect.poll(() => page.evaluate(`(${lab})().source.value`)).toBe(source.replace(from, () => to))
    }
    const shows = (selector: string, text: string): Promise<void> =>
      expect.poll(() => page.textContent(selector)).toContain(text)
    const untilRun = (): Promise<unknown> => page.waitForFunction(`!(${lab})().running.value`)

    // The question.
    const { recording } = await new Promise<RunResult>((resolve) =>
      runProgram({ source: lesson.program, schedule: [], seed: 1 }, resolve),
    )
    const answer = truth(lesson.prediction, recording)
    if (lesson.prediction.kind === 'output') {
      await press('Tab', answer, true)
    } else {
      await press('Tab', 'after how many ms?')
      await keyboard.type(answer)
    }
    await keyboard.press('Enter')
    await keyboard.press('End')
    await shows('.outcome', 'The run confirms your guess')

    // The run, step by step.
    await keyboard.press('Home')
    for (let n = 0; n < 3; n++) await keyboard.press('ArrowRight')
    expect(await page.evaluate(`(${lab})().stop.value`)).toBe(3)
    await keyboard.press('ArrowLeft')
    expect(await page.evaluate(`(${lab})().stop.value`)).toBe(2)
    if (recording.rows.some(({ kind }) => kind === 'cancelling')) {
      await keyboard.press(']')
      await shows('.now-said', 'cancel')
    }
    await keyboard.press('End')

    // The change, and a cancel at the first await.
    const { edits = [], cancel, prints } = CHANGES[lesson.name]!
    if (edits.length > 0) await press('Shift+Tab', 'the program')
    for (const [from, to] of edits) await replace(from, to)
    const cancelHere = async (button: string): Promise<void> => {
      const isOpen = await page.evaluate("document.querySelector('.awaits').open")
      await press('Tab', 'Cancel here')
      if (!isOpen) await keyboard.press('Enter')
      await press('Tab', button)
      await keyboard.press('Enter')
      await untilRun()
      await shows('.account', 'you cancel')
    }
    if (cancel !== undefined) await cancelHere(cancel)
    await untilRun()
    await shows('.output pre', prints)
    const failure = await page.evaluate(`(${lab})().result.value.failure`)
    if (lesson.name !== 'lost-errors') expect(failure).toBe(undefined) // the error is heard now
    if (cancel === undefined) {
      await keyboard.press('Escape')
      await cancelHere(`cancel once at line ${lesson.name === 'what-cancel-does' ? 15 : ''}`) // there, `job` no longer waits
    }

    // The exercise.
    await press('Tab', 'To the exercise')
    await keyboard.press('Enter')
    await press('Shift+Tab', 'the program')
    await keyboard.press('Control+a')
    await keyboard.insertText(lesson.exercise.solution)
    await keyboard.press('Escape')
    await press('Tab', 'Check my lines')
    await keyboard.press('Enter')
    await page.waitForSelector('.exercise .passed')
    if (lesson.number < lessons.length) {
      await press('Tab', 'Next:')
      await keyboard.press('Enter')
      await page.waitForFunction(`(${lab})().lesson.value.number === ${lesson.number + 1}`)
    }
    expect(errors).toEqual([])
    await page.context().close()
  })
})

describe('the address', () => {
  const writtenLink = `(${lab})().link().then((link) => location.hash === link)`

  it('keeps program, schedule and cursor over reload, back and forward', async () => {
    const { page } = await site.open('#playground')
    await type(
      page,
      "import { run, sleep } from 'spindle'\nfunction* main() {\n  yield* sleep(5)\n  console.log('mine')\n}\nawait run(main())",
    )
    await page.locator('.awaits summary').click()
    await page.getByRole('button', { name: /^cancel once at line 3/ }).click()
    await page.waitForFunction(`!(${lab})().running.value`) // which shows the end of the run
    await page.evaluate(`(${lab})().seek(2)`)
    // The address is updated when the typing pauses.
    await expect.poll(() => page.evaluate(writtenLink)).toBe(true)
    const asNow = (): Promise<unknown> =>
      page.evaluate(
        `JSON.stringify([(${lab})().source.value, (${lab})().stop.value, document.querySelectorAll('.cancel[aria-pressed=true]').length])`,
      )
    const before = await asNow()
    await page.reload()
    await page.waitForSelector('.picture svg')
    // The restored picture appears shortly after the first one.
    await page.waitForFunction(`(${lab})().stop.value === 2`)
    await expect.poll(asNow).toBe(before)
    await page.selectOption('.path', 'who-runs-next')
    await page.waitForFunction("location.hash === '#who-runs-next'")
    await page.goBack()
    await page.waitForFunction(`(${lab})().source.value.includes('mine')`)
    await page.waitForFunction(`(${lab})().stop.value === 2`)
    expect(await asNow()).toBe(before)
    await page.goForward()
    await page.waitForFunction(`(${lab})().source.value.includes('count')`)
    await page.context().close()
  })

  it('is written although the program was edited before its first run ended', async () => {
    const { page } = await site.open('#playground')
    const link = await page.evaluate(`(async () => {
      const state = (${lab})()
      state.edit('console.log(1)')
      return await state.link()
    })()`)
    await page.goto('about:blank')
    await page.goto(site.url + link)
    await page.waitForFunction(`document.querySelector('spindle-lab')?.state?.source.value === 'console.log(1)'`)
    await page.evaluate(`(() => {
      const state = (${lab})()
      location.hash = '#waiting-together' // the page follows it at once
      dispatchEvent(new PopStateEvent('popstate'))
      state.edit('console.log(2)')
    })()`)
    await expect.poll(() => page.evaluate(writtenLink)).toBe(true)
    await page.context().close()
  })

  it.each([
    ['#code=abc', 'broken'],
    ['#nonsense', 'There is no lesson and no bug “nonsense”'],
    [`#code=${'A'.repeat(1_000_000)}`, 'too long'],
    ['#99', 'There is no lesson and no bug “99”'],
    [`#code=${deflateRawSync('{"v":3,"lesson":"calling","schedule":[]}').toString('base64url')}`, 'by a later version'],
    [`#code=${deflateRawSync('{"v":1,"lesson":{}}').toString('base64url')}`, 'holds no program'],
    [`#code=${deflateRawSync(`{"v":1,"source":"${'x'.repeat(9_000_000)}"}`).toString('base64url')}`, 'broken'],
  ])('a link that cannot be followed says why: %.20s', async (fragment, says) => {
    const { page, errors } = await site.open(fragment)
    expect(await page.textContent('.notice')).toContain(says)
    expect(errors).toEqual([])
    await page.context().close()
  })
})

describe('the playground as a laboratory', () => {
  it('opens the run that fails as picture, sentence, link and test', async () => {
    const { page, errors } = await site.open('#playground', { permissions: ['clipboard-read', 'clipboard-write'] })
    await type(page, lesson('right-moment').program.replace('  b.cancel()\n', ''))
    await page.getByRole('button', { name: 'Try all cancels' }).click()
    await page.waitForSelector('.laboratory .failed')
    const verdict = await page.textContent('.laboratory .verdict')
    expect(verdict).toContain('forever')
    const shown = await page.evaluate(`JSON.stringify((${lab})().recording.value)`)
    expect(shown).toContain('"cancelling"')
    const link = await page.evaluate(`(${lab})().link()`)
    const test = (await page.evaluate(`(${lab})().test()`)) as string
    expect(test).toContain("}, { cancel: 'each', late: 0, times: 'written' })")
    await page.goto('about:blank')
    await page.goto(site.url + link)
    await page.waitForSelector('.laboratory .failed')
    expect(await page.textContent('.laboratory .verdict')).toBe(verdict)
    expect(await page.evaluate(`JSON.stringify((${lab})().recording.value)`)).toBe(shown)
    await page.getByRole('button', { name: 'Wake late' }).click()
    await page.waitForSelector('.laboratory .verdict:not(:empty)')
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('opens a famous bug by its link, and compares each later run with the kept one', async () => {
    const { page, errors } = await site.open('#two-locks')
    expect(await page.textContent('.picture svg')).toContain('transfer waits for Lock 2, held by audit')
    expect(await page.evaluate(`(${lab})().link()`)).toBe('#two-locks')
    await page.getByRole('button', { name: 'Compare with this run' }).click()
    const comparison = page.locator('.comparison')
    expect(await comparison.textContent()).toContain('the same, event for event')
    const source = (await page.evaluate(`(${lab})().source.value`)) as string
    await type(page, source.replace('holding(journal, accounts)', 'holding(accounts, journal)'))
    await expect
      .poll(() => comparison.locator('p').textContent())
      .toMatch(/^The runs are equal for \d+ events\. Then, before: /)
    expect(await comparison.locator('svg title').first().textContent()).toBe('the run before')
    await page.evaluate(axe)
    expect(
      await page.evaluate('axe.run({ iframes: false }).then(({ violations }) => violations.map(({ id }) => id))'),
    ).toEqual([])
    await page.goto('about:blank')
    await page.goto(`${site.url}#no-such-bug`)
    await expect.poll(() => page.textContent('.notice')).toContain('There is no lesson and no bug “no-such-bug”')
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('says what woke a Task, and goes there', async () => {
    const { page } = await site.open('#what-cancel-does')
    await reveal(page)
    const step = `(${lab})().recording.value.rows.findIndex((row) => row.kind === 'step' && row.by === 'cancel')`
    await page.evaluate(`(${lab})().seekRow(${step})`)
    await page.getByText('More steps').click()
    await page.getByRole('button', { name: 'What woke it?' }).click()
    expect(await page.textContent('.sentence')).toContain('job ran because its cancel was requested by main')
    expect(await page.evaluate(`(${lab})().recording.value.rows[(${lab})().row.value].kind`)).toBe('cancelling')
    await page.context().close()
  })
})

describe('the method of a lesson', () => {
  it('answers the question of the lesson at the end of its run, and only then', async () => {
    const { page } = await site.open('#blocking')
    await reveal(page)
    expect(await page.textContent('.sentence strong')).toBe(lesson('blocking').answer.replaceAll('`', ''))
    expect(await page.evaluate(`(${lab})().trueTime.value`)).toBe(true)
    await page.getByRole('button', { name: 'Step back' }).click()
    expect(await page.locator('.sentence strong').count()).toBe(0)
    await page.getByRole('button', { name: 'To the exercise' }).click()
    await page.waitForFunction(`!(${lab})().running.value`)
    await expect.poll(() => page.evaluate('scrollY')).toBe(0) // its text is in view
    expect(await page.textContent('.sentence')).not.toContain(lesson('blocking').answer)
    await page.context().close()
  })

  it('lets Tab leave the editor where nothing is to be written', async () => {
    const { page } = await site.open('#which-way')
    const isInEditor = "document.activeElement.classList.contains('cm-content')"
    for (const [exercising, stays] of [
      [false, false],
      [true, true],
    ]) {
      if (exercising) await page.evaluate(`(${lab})().startExercise()`)
      await page.locator('.cm-content').focus()
      await page.keyboard.press('Tab')
      expect([exercising, await page.evaluate(isInEditor)]).toEqual([exercising, stays])
    }
    await page.context().close()
  })

  it('gives two hints, one after the other, and a page to read', async () => {
    const { page } = await site.open('#which-way')
    await page.getByRole('button', { name: 'To the exercise' }).click()
    expect(await page.locator('.hints p').count()).toBe(0)
    const { hints, page: read } = lesson('which-way')
    for (const [name, count] of [
      ['Where to look', 1],
      ['What to write', 2],
    ] as const) {
      await page.getByRole('button', { name }).click()
      const shown = await page.locator('.hints p').allTextContents()
      expect(shown).toEqual(hints.slice(0, count).map((hint) => hint.replaceAll('`', '')))
    }
    expect(await page.getByRole('button', { name: 'What to write' }).count()).toBe(0)
    expect(await page.locator('.hints a').getAttribute('href')).toContain(read.path)
    await page.context().close()
  })

  it.each([
    ['denied', "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied') } })"],
    ['full', "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"],
  ])('works with a storage that is %s, and forgets only when it is left', async (_how, script) => {
    const { page, errors } = await site.open('#calling')
    await page.addInitScript(script)
    await page.reload()
    await page.waitForSelector('.cm-content', { state: 'attached' })
    const { exercise } = lesson('calling')
    await page.evaluate(`(${lab})().startExercise()`)
    await type(page, exercise.solution, wholeProgram(exercise, exercise.solution))
    await page.getByRole('button', { name: 'Check my lines' }).click()
    await page.waitForSelector('.exercise .passed')
    await page.selectOption('.path', 'waiting-together')
    await page.selectOption('.path', 'calling')
    await page.getByRole('button', { name: 'To the exercise' }).click()
    expect(await page.evaluate(`[(${lab})().source.value, [...(${lab})().done.value]]`)).toEqual([
      wholeProgram(exercise, exercise.solution),
      ['calling'],
    ])
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('shows nothing of the answer before the guess', async () => {
    const { page } = await site.open('#calling')
    expect(await page.locator('.problem, .picture, .awaits, .sentence, .output').count()).toBe(0)
    expect(await page.textContent('.predict')).toContain('What does it print?')
    const inOrder = `document.querySelector('.lab-editor').compareDocumentPosition(document.querySelector('.predict')) & 4`
    expect(await page.evaluate(inOrder)).toBe(4)
    await page.setViewportSize({ width: 390, height: 844 })
    const y = async (selector: string): Promise<number> => (await page.locator(selector).boundingBox())!.y
    expect(await y('.lab-editor')).toBeLessThan(await y('.predict'))
    await page.context().close()
  })

  it('plays the run from its beginning, and stops at the moment that refutes the guess', async () => {
    const { page, errors } = await site.open('#which-way')
    await page.evaluate(`(() => {
      const state = (${lab})()
      window.stops = []
      state.stop.subscribe((stop) => window.stops.push([stop, document.querySelector('.picture')?.scrollLeft ?? 0]))
    })()`)
    await page.locator('.choice').first().click()
    await page.waitForSelector('.outcome.failed')
    const { stops, last, now, playing, visible } = (await page.evaluate(`(() => {
      const state = (${lab})()
      const visible = [...document.querySelectorAll('.picture circle[data-row]')]
        .filter((circle) => circle.getAttribute('visibility') !== 'hidden').length
      return { stops: window.stops, last: state.story.value.stops.length - 1, now: state.account.value
        .find(({ row }) => row === state.row.value).text, playing: state.playing.value, visible }
    })()`)) as { stops: [number, number][]; last: number; now: string; playing: boolean; visible: number }
    expect(stops[0]).toEqual([0, 0])
    expect(stops.map(([stop]) => stop)).toEqual(stops.map((_, n) => n))
    expect({ now, playing, visible, isAtEnd: stops.length - 1 === last }).toEqual({
      now: 'read prints “read: closed the file”',
      playing: false,
      visible: 1, // what is printed later is not in the picture
      isAtEnd: false,
    })
    expect(await page.locator('.against .differs').count()).toBe(4)
    // The explanation stays while one types.
    await type(page, lesson('which-way').program.replace('3_600_000', '3'))
    expect(await page.textContent('.outcome')).toContain('The request goes down')
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('keeps the attempt over back, another lesson and reload, and gives no tick for a solution that was shown', async () => {
    const { page } = await site.open('#calling')
    await page.getByRole('button', { name: 'To the exercise' }).click()
    const own =
      "function* main(): Coroutine<void> {\n  for (const name of ['Ada', 'Alan']) yield* greet(name) // mine\n}"
    await type(page, own, wholeProgram(lesson('calling').exercise, own))
    const isThere = `(${lab})().source.value.includes('// mine') && (${lab})().exercising.value`
    await page.selectOption('.path', 'waiting-together')
    await page.waitForFunction("location.hash === '#waiting-together'")
    await page.goBack()
    await page.waitForFunction(isThere)
    await page.reload()
    await page.waitForFunction(`document.querySelector('spindle-lab')?.state && ${isThere}`)
    await page.getByRole('button', { name: 'Show a solution' }).click()
    await page.getByRole('button', { name: 'Check my lines' }).click()
    await page.waitForSelector('.verdict.passed')
    expect(await page.textContent('.verdict')).toContain('no tick')
    expect(await page.locator('.path .done').count()).toBe(0)
    // Nothing is thrown away without a way back.
    await page.getByRole('button', { name: 'Bring my lines back' }).click()
    await page.waitForFunction(isThere)
    await page.getByRole('button', { name: 'Begin again' }).click()
    expect(await page.evaluate(isThere)).toBe(false)
    await page.getByRole('button', { name: 'Bring my lines back' }).click()
    await page.waitForFunction(isThere)
    await page.getByRole('button', { name: 'Begin again' }).click()
    // The tick is for an answer of one's own: not for the solution, typed again.
    const check = async (own: string): Promise<string | null> => {
      await type(page, own, wholeProgram(lesson('calling').exercise, own))
      await page.getByRole('button', { name: 'Check my lines' }).click()
      return page.textContent('.verdict.passed')
    }
    expect(await check(`${lesson('calling').exercise.solution} // typed`)).toContain('no tick')
    expect(await page.locator('.path .done').count()).toBe(0)
    expect(await check(own)).not.toContain('no tick')
    await page.waitForSelector('.path .done', { state: 'attached' })
    await page.context().close()
  })

  it('keeps ticks, attempts and links of the first course, by lesson', async () => {
    const { page } = await site.open('#calling')
    const own = `${lesson('whose-deadline').exercise.start} // mine`
    await page.evaluate(`(() => {
      localStorage['spindle-lab:progress'] = '[1, 5, 6, 11, 21]'
      localStorage['spindle-lab:attempt:15'] = ${JSON.stringify(JSON.stringify({ own, sawSolution: false }))}
    })()`)
    const v1 = { v: 1, lesson: 15, exercise: true, schedule: [] }
    const link = `#code=${deflateRawSync(JSON.stringify(v1)).toString('base64url')}`
    await page.goto('about:blank')
    await page.goto(site.url + link)
    await page.waitForFunction(`document.querySelector('spindle-lab')?.state?.source.value.includes('// mine')`)
    expect(await page.evaluate(`[(${lab})().place.value, [...(${lab})().done.value]]`)).toEqual([
      'whose-deadline',
      ['calling', 'what-cancel-does', 'abort-signal'],
    ])
    await page.goto('about:blank')
    await page.goto(`${site.url}#17`)
    await page.waitForFunction(`document.querySelector('spindle-lab')?.state?.place.value === 'second-cancel'`)
    await page.context().close()
  })

  it('in two tabs adds the ticks of both', async () => {
    const { page } = await site.open('#calling')
    const other = await page.context().newPage()
    await other.goto(`${site.url}#waiting-together`)
    await other.waitForSelector('.cm-content')
    for (const [tab, { exercise }] of [
      [page, lesson('calling')],
      [other, lesson('waiting-together')],
    ] as const) {
      await tab.getByRole('button', { name: 'To the exercise' }).click()
      const { solution } = exercise
      await type(tab, solution, wholeProgram(exercise, solution))
      await tab.getByRole('button', { name: 'Check my lines' }).click()
      await tab.waitForSelector('.verdict.passed')
    }
    await expect.poll(() => page.locator('.path .done').count()).toBe(2)
    await other.reload()
    await other.waitForSelector('.cm-content')
    expect(await other.locator('.path .done').count()).toBe(2)
    await page.context().close()
  })

  it('edits only the learner’s lines', async () => {
    const { page } = await site.open('#calling')
    await page.getByRole('button', { name: 'To the exercise' }).click()
    await page.locator('.cm-content').focus()
    const source = (): Promise<unknown> => page.evaluate(`(${lab})().source.value`)
    const before = await source()
    await page.keyboard.press('Control+Home')
    await page.keyboard.type('x')
    await page.keyboard.press('Delete')
    await page.keyboard.press('Control+End')
    await page.keyboard.press('Backspace')
    expect(await source()).toBe(before)
    await page.context().close()
  })

  it('begins on a page that introduces it', async () => {
    const { page, errors } = await site.open('')
    expect(await page.textContent('.welcome')).toMatch(
      /Three parts of seven lessons, ten minutes each.*You have 0 of 32/s,
    )
    await page.getByRole('button', { name: /^Begin: 1\./ }).click()
    await page.waitForSelector('.predict')
    await page.goBack()
    await page.waitForSelector('.welcome')
    expect(errors).toEqual([])
    await page.context().close()
  })
})

it('loads 275 kB at most before the first picture, without fonts, and the editor after it', async () => {
  const from = site.requests.length
  const { page } = await site.open('#playground')
  const paths = site.requests.slice(from)
  const editor = paths.findIndex((path) => path.includes('/editor-'))
  expect(editor).toBeGreaterThan(2)
  const bytes = paths
    .slice(0, editor)
    .filter((path) => !path.endsWith('.woff2'))
    .map((path) => site.gzipSize(path))
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(275_000)
  await page.context().close()
})

it('works offline after the first visit, and sends no request to another host', async () => {
  const { page } = await site.open('#waiting-together', { serviceWorkers: 'allow' })
  const foreign: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(site.url) && !/^(blob|data|about):/.test(request.url())) foreign.push(request.url())
  })
  await page.evaluate('navigator.serviceWorker.ready.then(() => true)') // the registration itself can't be cloned
  site.refuse = true // not the browser's own offline mode, which refuses blobs, too
  await page.reload()
  await page.waitForSelector('.cm-content')
  await reveal(page)
  expect(await page.textContent('.sentence')).toContain('300 ms')
  site.refuse = false
  expect(foreign).toEqual([])
  await page.context().close()
})
