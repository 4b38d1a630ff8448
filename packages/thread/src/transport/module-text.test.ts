import { describe, expect, it } from 'vitest'
import { ModuleText, type SoughtFunction } from './module-text.ts'

describe('ModuleText', () => {
  it('tells under which name a function is found, where comments and strings name others', () => {
    const cases: [text: string, name: string | undefined][] = [
      ['export const work = WORK', 'work'],
      ['const other = 1; export const one = 1, work = WORK', 'work'],
      ['const work = WORK\nexport { other, work as job }\nfunction other() {}', 'job'],
      ["const work = WORK; export { work as 'a job' }", 'a job'],
      ['export default WORK', 'default'],
      ['const work = WORK\nexport default work', 'default'],
      ['export const { a, b: [work] } = { a: 1, b: [WORK] }', 'work'],
      ['let work; work = WORK; export { work }', 'work'],
      ['let work; function start() { work = WORK } start(); export { work }', 'work'],
      ['const work = WORK', undefined],
      ['// export { work }\nconst work = WORK', undefined],
      ['const work = WORK; export const page = `export default work`', undefined],
      ['export default 1; const work = WORK', undefined],
      ["export { work } from './other.js'; const work = WORK", undefined],
      ['export let work = noop; function noop() {} export const set = (fn) => { work = fn }; set(WORK)', undefined],
      ['export let work = WORK; export const set = (fn) => { work = fn }', 'work'],
      ['export let work = WORK; export const set = (work) => { work = 1 }', 'work'],
      [
        'async () => {{ __vite_ssr_exportName__("job", () => { try { return work } catch {} }); const work = WORK }}',
        'job',
      ],
      [
        '({"Object.<anonymous>":function(module,exports){"use strict"; exports.job = work; const work = WORK }})',
        'job',
      ],
      [
        '(function (module, exports) { Object.defineProperty(exports, "job", { get: function () { return work } }); const work = WORK })',
        'job',
      ],
    ]
    for (const [text, name] of cases) expect({ text, name: nameOf(text) }).toEqual({ text, name })
  })

  it('tells whether an export of CommonJS is still the one of a module that has just been loaded', () => {
    const getter = '__export(e, { job: () => work }); module.exports = __toCommonJS(e);'
    const cases: [text: string, isGetter: boolean, isFirst: boolean][] = [
      ['exports.job = WORK', false, true],
      ['exports.job = void 0; const set = (fn) => { exports.job = fn }; set(WORK)', false, true],
      ['exports.job = noop; const set = (fn) => { exports.job = fn }; set(WORK)', false, false],
      ['module.exports = { job: noop }; const set = (fn) => { module.exports.job = fn }; set(WORK)', false, false],
      ['exports.job = WORK; const set = (o, fn) => { o.job = fn; exports.job2 = fn }', false, true],
      [
        '(function (f) { f(exports) })(function (e) { e.job = noop; e.set = (fn) => { e.job = fn } }); WORK',
        false,
        false,
      ],
      [`${getter} let work = WORK; function set(fn) { work = fn }`, true, true],
      [`${getter} let work = noop; function set(fn) { work = fn } set(WORK)`, true, false],
      [
        `__filename = 'a.ts'; (() => { ${getter} let work = noop; const set = (f) => { work = f }; WORK })()`,
        true,
        false,
      ],
    ]
    for (const [text, isGetter, isFirst] of cases) {
      const { source, work } = withWork(text)
      expect({ text, isFirst: ModuleText.read(source)?.isFirstExport('job', isGetter, work) }).toEqual({
        text,
        isFirst,
      })
    }
  })

  it('knows nothing of a text that it cannot parse', () => {
    expect(ModuleText.read('export const work: number = 1')).toBeUndefined()
  })
})

function nameOf(text: string): string | undefined {
  const { source, work } = withWork(text)
  return ModuleText.read(source)?.nameOf(work)
}

/** A module with a function for WORK, which the variable `work` holds. */
function withWork(text: string): { source: string; work: SoughtFunction } {
  const work = '() => 1'
  const start = text.indexOf('WORK')
  const isIn = (variable: string): boolean => variable === 'work'
  const span = { start, end: start + work.length }
  return { source: text.replace('WORK', work), work: { isIn, span, isWrapped: false } }
}
