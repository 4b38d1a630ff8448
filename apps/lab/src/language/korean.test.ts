import { readdirSync, readFileSync } from 'node:fs'
import { draw, summary, toAccount } from '@spindle/inspect'
import { describe, expect, it } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { blocks, ownRange, parseLesson, wholeProgram } from '../lessons/lesson.ts'
import { runProgram } from '../sandbox/run-program.ts'
import type { RunResult } from '../sandbox/run-request.ts'
import { KOREAN, retellIn } from './korean.ts'
import { filled, retell, say, speak } from './say.ts'

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
it('has as many values in each text as the English one', () => {
  const valuesIn = (text: string): number => text.split('{}').length
  expect(Object.entries(KOREAN).filter(([english, korean]) => valuesIn(english) !== valuesIn(korean))).toEqual([])
})

describe('the Korean page', () => {
  speak('ko', KOREAN, retellIn(KOREAN, filled))

  it('puts values in their places, in a text and in a sentence that was made elsewhere', () => {
    expect(say('Over {} ms later.', 40)).toBe('40 ms 뒤에 끝납니다.')
    expect(retell('visit was cancelled at line 16, in stay: the door stayed open')).toBe(
      'visit: 16번째 줄, stay 안에서 취소되었습니다. 문이 열린 채 남았습니다',
    )
    expect(retell('The judge cancels visit.')).toBe('검사: visit에게 취소를 요청합니다.')
    expect(retell('Later, main cancels read at line 24.')).toBe('그 뒤, main: read에게 취소를 요청합니다 (24번째 줄).')
    expect(retell('a sentence that nobody has translated')).toBe('a sentence that nobody has translated')
  })

  it.each(readdirSync(new URL('../lessons/ko', import.meta.url)))(
    'has no English sentence in the verdicts and runs of %s',
    { timeout: 120_000 },
    async (name) => {
      const file = readdirSync(new URL('../lessons', import.meta.url)).find((each) => each.endsWith(name))!
      const { exercise, program } = parseLesson(file, read(`lessons/${file}`))
      const answers = blocks(readFileSync(new URL(`../../test/answers/${name}`, import.meta.url), 'utf8'))
      const wrong = answers.filter(({ info }) => info.startsWith('ts wrong')).map(({ code }) => code)
      const tried = longForm ? [exercise.start, exercise.solution, ...wrong] : wrong.slice(0, 1)
      const runs = [await run({ source: program })]
      for (const own of tried) {
        const source = wholeProgram(exercise, own)
        runs.push(await run({ source, judge: exercise.judge, own: ownRange(exercise, source) }))
      }
      const told = runs.flatMap(({ recording, verdict }) => [
        ...toAccount(recording).map(({ text }) => text),
        ...summary(recording).split(/(?<=\.) /),
        ...(verdict === undefined ? [] : [verdict.message]),
      ])
      const isEnglish = (text: string): boolean =>
        /\b[a-z]+ [a-z]+ [a-z]+/i.test(
          text.replaceAll(/"[^"]*"|“[^”]*”|\w+\(.*\)|Error: .*|실패합니다: .*|no such page/g, ''),
        )
      expect(told.length).toBeGreaterThan(20)
      expect(told.map(retell).filter(isEnglish)).toEqual([])
      const drawn = new Set<string>()
      const words = (english: string): string => retell([...drawn.add(english)].at(-1)!)
      for (const { recording } of runs) draw(recording, { words })
      const isOfProgram = (text: string): boolean => /^(?:! .*|\w+Error|\w+\(\)|\w+ (?:catch|finally) :\d+)$/.test(text)
      expect([...drawn].filter((text) => text !== '' && !isOfProgram(text) && retell(text) === text)).toEqual([])
    },
  )
})

function run(request: Omit<Parameters<typeof runProgram>[0], 'schedule' | 'seed'>): Promise<RunResult> {
  return new Promise((resolve) => runProgram({ ...request, schedule: [], seed: 1 }, resolve))
}
