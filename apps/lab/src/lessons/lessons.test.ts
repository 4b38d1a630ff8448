import { readdirSync, readFileSync } from 'node:fs'
import { draw, summary } from '@spindle/inspect'
import { describe, expect, it } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { runProgram } from '../sandbox/run-program.ts'
import type { RunRequest, RunResult } from '../sandbox/run-request.ts'
import { printed, truth } from './judge-prediction.ts'
import { type Lesson, parseLesson } from './lesson.ts'

const folder = new URL('.', import.meta.url)
const RUNS = longForm ? 20 : 2
const lessons = readdirSync(folder)
  .filter((name) => name.endsWith('.md'))
  .map((name) => parseLesson(readFileSync(new URL(name, folder), 'utf8')))

function runOf(request: Pick<RunRequest, 'source'> & Partial<RunRequest>): Promise<RunResult> {
  return new Promise((resolve) => runProgram({ schedule: [], seed: 1, ...request }, resolve))
}

it('the lessons are in order, without a gap', () => {
  expect(lessons.map(({ number }) => number)).toEqual(lessons.map((_, n) => n + 1))
})

describe.each(lessons)('lesson $number, $title', (lesson: Lesson) => {
  it('runs, and its claim holds of the recording', async () => {
    const { recording, failure } = await runOf({ source: lesson.program })
    expect(failure).toBe(undefined)
    const { rows } = recording
    const facts = {
      rows,
      output: printed(recording),
      time: rows.at(-1)!.time,
      tasks: rows.filter(({ kind }) => kind === 'created'),
      errorLine: Number(truth({ kind: 'line', text: '' }, recording)),
    }
    const claim = new Function(...Object.keys(facts), `return (${lesson.claim})`)
    expect({ claim: claim(...Object.values(facts)), output: facts.output, time: facts.time }).toMatchObject({
      claim: true,
    })
  })

  it('asks for a prediction that the run confirms or refutes', async () => {
    const { recording } = await runOf({ source: lesson.program })
    const said = truth(lesson.prediction, recording)
    if (lesson.prediction.kind === 'output') expect(lesson.prediction.choices).toContain(said)
    else expect(Number(said)).toBeGreaterThan(0)
  })

  it('has a program that fits a screen', () => {
    expect(lesson.program.split('\n').length).toBeLessThanOrEqual(46)
  })

  it('returns the same recording each time', async () => {
    const first = await runOf({ source: lesson.program })
    for (let n = 0; n < RUNS; n++) expect((await runOf({ source: lesson.program })).recording).toEqual(first.recording)
  })

  it('can be drawn and described in words', async () => {
    const { recording } = await runOf({ source: lesson.program })
    expect(draw(recording).svg).toMatch(/^<svg .*<\/svg>$/s)
    expect(summary(recording)).toMatch(/\.$/)
  })
})

it('no exercise asks for a tool that no lesson has shown up to there', () => {
  const known = new Set(
    [Array, String, Object, Set, Map, Promise, Error].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype)),
  )
  const missing: string[] = []
  for (const { number, title, question, program, why, change, answer, exercise } of lessons) {
    const shown = [title, question, program, why, change, answer, exercise.text, exercise.start].join('\n')
    for (const [word] of shown.matchAll(/[\w$]+/g)) known.add(word)
    const given = exercise.above + exercise.below
    const imported = new Set(/import \{(.*)\} from 'spindle'/.exec(given)?.[1]?.match(/\w+/g))
    const own = new Set(given.replace(/^import.*$/gm, '').match(/[\w$]+/g))
    for (const [, dot, word = ''] of exercise.solution
      .replaceAll(/\/\/.*/g, '')
      .matchAll(/(\.?)#?\b([a-z]\w*)(?=[(<]|\b)/gi)) {
      const isTool =
        imported.has(word) || (dot === '.' && !own.has(word) && !new RegExp(`#${word}\\b`).test(exercise.solution))
      if (isTool && !known.has(word)) missing.push(`${number}: ${word}`)
    }
  }
  expect([...new Set(missing)]).toEqual([])
})

it('each exercise has two hints, and a page of the documentation that exists', () => {
  for (const { number, hints, page } of lessons) {
    const [path = '', heading = ''] = page.path.split('#')
    const text = readFileSync(new URL(`../../../../docs/${path}`, import.meta.url), 'utf8')
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, each = '']) => each.toLowerCase().replaceAll(' ', '-'))
    expect([number, hints.length, headings]).toEqual([
      number,
      2,
      expect.arrayContaining(heading === '' ? [] : [heading]),
    ])
  }
})

it('the sentence above each run is true', async () => {
  const sentences: string[] = []
  for (const { number, program } of lessons) {
    sentences.push(`${number}. ${summary((await runOf({ source: program })).recording)}`)
  }
  expect(sentences).toMatchInlineSnapshot(`
    [
      "1. The run has one Task and takes 100 ms. Nothing is cancelled.",
      "2. The run has one Task and takes 300 ms. Nothing is cancelled.",
      "3. The run has 4 Tasks and takes 0 ms. Nothing is cancelled.",
      "4. main cancels spinner at line 18. spinner receives the CancelledError at line 9 and ends cancelled.",
      "5. main cancels spinner at line 17. spinner receives the CancelledError at line 7 and ends cancelled.",
      "6. main cancels job at line 15. job receives the CancelledError at line 6 and ends cancelled.",
      "7. main cancels report at line 31. The request goes down: report → read. The error comes up: read → report → main, where main() catches it at line 34.",
      "8. main cancels session at line 21. The error comes up: session → main, where main() catches it at line 24.",
      "9. main cancels server at line 16, and again at line 18. server receives the CancelledError at line 5 and ends cancelled.",
      "10. main cancels crawler at line 17. crawler receives the CancelledError at line 6, and crawler() catches it at line 8. crawler swallowed the cancellation: it continued as if nothing had been requested.",
      "11. fetcher fails, so its TaskGroup cancels writer and main. writer ends cancelled. The request to cancel main is taken back, because main receives the failure instead.",
      "12. main cancels b at line 39. b receives the CancelledError at line 11 and ends cancelled.",
      "13. The run has 2 Tasks and takes 120 ms. Nothing is cancelled.",
      "14. save 1 fails, so its TaskGroup cancels save 3 and main. save 3 ends cancelled. The request to cancel main is taken back, because main receives the failure instead.",
      "15. The deadline at 30 ms cancels main. main receives the CancelledError at line 5, and the block with the deadline stops it.",
      "16. The race cancels mirror 2. mirror 2 receives the CancelledError at line 5 and ends cancelled.",
      "17. main cancels order at line 19. order receives the CancelledError at line 10 and ends cancelled.",
      "18. The run has 3 Tasks and takes 180 ms. Nothing is cancelled.",
      "19. main cancels work at line 16. work receives the CancelledError at line 7 and ends cancelled.",
      "20. The deadline at 100 ms cancels main. The request goes down: main → transfer 1 and transfer 2. The error comes up: transfer 1 → main, where the block with the deadline stops it.",
      "21. main cancels user at line 26. user receives the CancelledError at line 17 and ends cancelled.",
    ]
  `)
})
