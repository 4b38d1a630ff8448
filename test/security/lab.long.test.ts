import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'
import { LONG } from './on-built.ts'

interface Page {
  evaluate(code: string): Promise<unknown>
}

// As markup: what it prints, the name of its Task, its error, and a recording that it forges, if it can send one.
const MARKUP = '<img src=x onerror="document.title=1"><script>document.title=1</script>'
const FORGED = `import { createTask, run } from 'spindle'
  const send = Object.getPrototypeOf(self).postMessage ?? self.postMessage
  send?.call(self, { awaits: [], recording: { version: 1, rows: [
    { kind: 'created', time: 0, task: 1, name: ${JSON.stringify(MARKUP)}, parent: null } ] } })
  console.log(${JSON.stringify(MARKUP)})
  await run(function* () {
    yield* createTask((function* () { throw new Error(${JSON.stringify(MARKUP)}) })(), { name: ${JSON.stringify(MARKUP)} })
  })`
const PROGRAMS: Record<string, (url: string) => string> = {
  'sends nothing': (url) =>
    [
      `fetch('${url}')`,
      `new WebSocket('${url.replace('http', 'ws')}')`,
      `import('${url}')`,
      `new Request('${url}'); caches.open('x').then((c) => c.add('${url}'))`,
      `navigator.sendBeacon('${url}', 'x')`,
      `new WebTransport('${url}')`,
      `new Worker('${url}')`,
      `parent.location = '${url}'`,
      `top.document.title = 1`,
      `new BroadcastChannel('x').postMessage(1)`,
      `indexedDB.open('x')`,
    ]
      .map(
        (attempt) =>
          `try { Promise.resolve(${attempt.startsWith('new Request') ? `(() => { ${attempt} })()` : attempt}).catch(() => {}) } catch {}`,
      )
      .join('\n'),
  'cannot make markup of what it returns': () => FORGED,
  'is stopped': () => 'for (;;);',
}

describe('The program in a link of the Lab', LONG, () => {
  let site: { url: string; requests: string[]; open(link: string): Promise<{ page: Page }>; stop(): Promise<void> }
  let encode: (shared: object) => Promise<string>
  beforeAll(async () => {
    const { LabSite } = await import(`${root}apps/lab/test/page.ts`)
    ;({ encodeLink: encode } = await import(`${root}apps/lab/src/page/share-link.ts`))
    site = await LabSite.start()
  }, 120_000)
  afterAll(async () => await site?.stop())

  it.each(Object.entries(PROGRAMS))('%s', async (_name, program) => {
    const source = program(new URL('/escaped', site.url).href)
    const { page } = await site.open(await encode({ lesson: 'playground', source, schedule: [] }))
    await page.evaluate('new Promise((resolve) => setTimeout(resolve, 3000))')
    const result = `${await page.evaluate('JSON.stringify(document.querySelector("spindle-lab").state.result.value)')}`
    if (source === FORGED) expect(result).toMatch(/onerror.*onerror/) // it was taken
    if (source.includes('for (;;)')) expect(result).toMatch(/never-waits/)
    expect(site.requests.filter((path) => path.startsWith('/escaped'))).toEqual([])
    expect(
      await page.evaluate(
        '[document.title === "1", document.querySelectorAll("img[src=x]").length, localStorage.getItem("x")]',
      ),
    ).toEqual([false, 0, null])
  })
})
