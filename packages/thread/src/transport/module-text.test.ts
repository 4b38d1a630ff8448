import { describe, expect, it } from 'vitest'
import { ModuleText } from './module-text.ts'

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

  it('knows nothing of a text that it cannot parse', () => {
    expect(ModuleText.read('export const work: number = 1')).toBeUndefined()
  })
})

/** The name of WORK, which the variable `work` holds. */
function nameOf(text: string): string | undefined {
  const work = '() => 1'
  const start = text.indexOf('WORK')
  const source = text.replace('WORK', work)
  const isIn = (variable: string): boolean => variable === 'work'
  return ModuleText.read(source)?.nameOf({ isIn, span: { start, end: start + work.length }, isWrapped: false })
}
