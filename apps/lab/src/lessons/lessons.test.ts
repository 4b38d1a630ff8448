import { readdirSync, readFileSync } from 'node:fs'
import { draw, summary } from '@spindle/inspect'
import { describe, expect, it } from 'vitest'
import { anchorOf } from '../../../../scripts/anchor-of.mjs'
import { runProgram } from '../sandbox/run-program.ts'
import type { RunRequest, RunResult } from '../sandbox/run-request.ts'
import { formerLesson, formerlyPassed, formerNumber, lessonsOf, neededTools, PARTS } from './course.ts'
import { printed, truth } from './judge-prediction.ts'
import { type Lesson, parseLesson } from './lesson.ts'
import { translated } from './translated.ts'

const folder = new URL('.', import.meta.url)
const lessons = readdirSync(folder)
  .filter((name) => name.endsWith('.md'))
  .map((name) => parseLesson(name, readFileSync(new URL(name, folder), 'utf8')))

function runOf(request: Pick<RunRequest, 'source'> & Partial<RunRequest>): Promise<RunResult> {
  return new Promise((resolve) => runProgram({ schedule: [], seed: 1, ...request }, resolve))
}

it('the lessons are in order, without a gap, and each part has seven', () => {
  expect(lessons.map(({ number }) => number)).toEqual(lessons.map((_, n) => n + 1))
  expect(PARTS.map((part) => lessonsOf(part, lessons).length)).toEqual([7, 7, 7])
})

it('no exercise asks for a tool that no lesson up to there gives', () => {
  const tools = lessons.flatMap(({ gives }) => gives)
  const unfair = lessons.flatMap((lesson) => {
    const given = lessons.slice(0, lesson.number).flatMap(({ gives }) => gives)
    return neededTools(lesson, tools).flatMap((tool) => (given.includes(tool) ? [] : [`${lesson.number}: ${tool}`]))
  })
  expect(unfair).toEqual([])
})

it('each lesson has an idea of about five words, and shows the tools that it gives', () => {
  for (const { number, idea, gives, question, program, why, change, exercise } of lessons) {
    expect([number, idea.split(' ').length]).toEqual([number, expect.toSatisfy((words) => words >= 4 && words <= 6)])
    const shown = [question, program, why, change, exercise.text, exercise.solution, exercise.above].join('\n')
    const isShown = (tool: string): boolean => shown.includes(tool.replace(/ \w+$|\(\)$/, ''))
    expect([number, gives.filter((tool) => !isShown(tool))]).toEqual([number, []])
  }
})

it('each lesson of the first course leads to one of today', () => {
  const names = lessons.map(({ name }) => name)
  const former = lessons.map((_, n) => formerLesson(n + 1))
  expect(names).toEqual(expect.arrayContaining(former))
  expect([formerLesson(6), formerLesson(0), formerLesson(22)]).toEqual(['what-cancel-does', undefined, undefined])
  expect(formerlyPassed([4, 5, 6, 11, '7'])).toEqual(['blocking', 'what-cancel-does'])
  expect([formerNumber('blocking'), formerNumber('structured'), formerNumber('retry')]).toEqual([4, 13, undefined])
})

describe.each(lessons)('lesson $number, $title', (lesson: Lesson) => {
  it('runs, and its claim holds of the recording', async () => {
    expect(lesson.program.split('\n').length).toBeLessThanOrEqual(46) // it fits a screen
    const { recording, failure } = await runOf({ source: lesson.program })
    if (!lesson.claim.includes('failure')) expect(failure).toBe(undefined)
    const { rows } = recording
    const facts = {
      rows,
      failure,
      output: printed(recording),
      time: rows.at(-1)!.time,
      tasks: rows.filter(({ kind }) => kind === 'created'),
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

  it('returns the same recording each time', async () => {
    const first = await runOf({ source: lesson.program })
    expect((await runOf({ source: lesson.program })).recording).toEqual(first.recording)
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

describe.each(readdirSync(new URL('ko/', folder)))('the Korean prose %s', (file) => {
  const lesson = lessons.find(({ name }) => `${name}.md` === file)

  it('is that of a lesson of "It stops", has each of its parts, and names the code that the English prose names', () => {
    const text = readFileSync(new URL(`ko/${file}`, folder), 'utf8')
    const inKorean = translated(lesson!, 'ko', text)
    expect(lessonsOf(PARTS[1]!, lessons)).toContain(lesson)
    const namesOf = ({ title, question, answer, why, change, exercise, hints }: Lesson): string[] => {
      const prose = [title, question, answer, why, change, exercise.text, ...hints].join('\n')
      return [...new Set(prose.match(/`[^`]+`/g))].toSorted()
    }
    expect(namesOf(inKorean)).toEqual(namesOf(lesson!))
    const [path = '', heading] = inKorean.page.path.split('#')
    const page = readFileSync(new URL(`../../../../docs/${path}`, import.meta.url), 'utf8')
    expect([undefined, ...Array.from(page.matchAll(/^#+ (.*)$/gm), ([, text = '']) => anchorOf(text))]).toContain(
      heading,
    )
  })
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
      "4. The run has 2 Tasks and takes 150 ms. Nothing is cancelled. main keeps the loop for 80 ms, from 30 ms on: spinner is late.",
      "5. The run has 3 Tasks and takes 180 ms. Nothing is cancelled.",
      "6. The run has 3 Tasks and takes 10 ms. Nothing is cancelled. a to b waits for Lock 2, held by b to a; b to a waits for Lock 1, held by a to b: none of them can continue. The run stops: DeadlockError: 3 tasks wait, and nothing is left that could wake them.",
      "7. The run has 3 Tasks and takes 30 ms. Nothing is cancelled. two fails. Nothing received the exception of two.",
      "8. main cancels job at line 15. job receives the CancelledError at line 6. job ends cancelled.",
      "9. main cancels crawler at line 17. crawler receives the CancelledError at line 6. crawler() catches the exception at line 8. crawler returns. crawler swallowed the cancellation: it continued as if nothing had been requested.",
      "10. main cancels report at line 31. The request goes down: report → read. The error comes up: read → report → main. main() catches the exception at line 34. main returns.",
      "11. main cancels session at line 21. The error comes up: session → main. main() catches the exception at line 24. main returns.",
      "12. main cancels order at line 19. order receives the CancelledError at line 10. order ends cancelled.",
      "13. The deadline at 30 ms cancels main. main receives the CancelledError at line 5. ask() catches the exception at line 6. A request to cancel main is taken back: the block with the deadline stops it. main() catches the exception at line 17.",
      "14. main cancels user at line 26. user receives the CancelledError at line 17. user ends cancelled.",
      "15. The run has 2 Tasks and takes 120 ms. Nothing is cancelled.",
      "16. save 1 fails with Error('disk is full'). The TaskGroup cancels save 3 and main. save 3 ends cancelled. A request to cancel main is taken back, because main receives the failure instead. main() catches the exception at line 15. main returns.",
      "17. The race cancels mirror 2. mirror 2 receives the CancelledError at line 5. mirror 2 ends cancelled.",
      "18. The run has one Task and takes 30 ms. Nothing is cancelled.",
      "19. main cancels patient at line 22. patient receives the CancelledError at line 4. patient() catches the exception at line 13. patient swallowed the cancellation: it continued as if nothing had been requested.",
      "20. A callback cancels main. main receives the CancelledError at line 18. main ends cancelled. Later, main cancels work at line 20.",
      "21. main cancels b at line 39. b receives the CancelledError at line 11. b ends cancelled. b was woken at acquire() line 11, cancelled by main before it ran, and woke no other: c still waits there.",
    ]
  `)
})
