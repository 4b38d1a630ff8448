// A learner who passes an exercise has understood it: wrong answers and mutants of the solution are refused, right
// answers of any form are accepted. The answers are in apps/lab/test/answers.

import { readdirSync, readFileSync } from 'node:fs'
import { summary } from '@spindle/inspect'
import { describe, expect, it } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { mutantsOf } from '../../test/mutants.ts'
import { runProgram } from '../sandbox/run-program.ts'
import type { RunResult } from '../sandbox/run-request.ts'
import { blocks, type Exercise, ownRange, parseLesson, wholeProgram } from './lesson.ts'

const folder = new URL('.', import.meta.url)
const exercises = readdirSync(folder)
  .filter((name) => name.endsWith('.md'))
  .map((name) => {
    const { number, name: lesson, exercise } = parseLesson(name, readFileSync(new URL(name, folder), 'utf8'))
    const answers = readFileSync(new URL(`../../test/answers/${lesson}.md`, folder), 'utf8')
    const harmless = new Set([...answers.matchAll(/^- (line .*): /gm)].map(([, what]) => what))
    return { number, exercise, answers: blocks(answers), harmless }
  })

function judged(exercise: Exercise, own: string): Promise<RunResult> {
  const source = wholeProgram(exercise, own)
  const { judge } = exercise
  return new Promise((resolve) =>
    runProgram({ source, schedule: [], seed: 1, judge, own: ownRange(exercise, source) }, resolve),
  )
}

describe.each(exercises)('the judge of lesson $number', { timeout: 600_000 }, ({ exercise, answers, harmless }) => {
  it('accepts the solution, and refuses the beginning', async () => {
    expect((await judged(exercise, exercise.solution)).verdict).toMatchObject({ passed: true })
    expect((await judged(exercise, exercise.start)).verdict).toMatchObject({ passed: false })
  })

  it('accepts right answers of any form', async () => {
    const right = answers.filter(({ info }) => info === 'ts right')
    expect(right.length).toBeGreaterThanOrEqual(3)
    for (const { code } of longForm ? right : right.slice(0, 1)) {
      expect({ code, verdict: (await judged(exercise, code)).verdict }).toMatchObject({ verdict: { passed: true } })
    }
  })

  it('refuses wrong answers, with the reason and a run that shows it', async () => {
    const wrong = answers.filter(({ info }) => info.startsWith('ts wrong: '))
    for (const { info, code } of longForm ? wrong : wrong.filter((_, n) => n % 3 === 0)) {
      const { verdict, recording } = await judged(exercise, code)
      const says = expect.stringContaining(info.slice('ts wrong: '.length))
      expect({ code, verdict }).toEqual({ code, verdict: { passed: false, message: says } })
      expect(recording.rows.length).toBeGreaterThan(0)
    }
  })

  it('refuses each mutant of the solution, unless it is right, too', async () => {
    const mutants = mutantsOf(exercise.solution)
    expect(mutants.map(({ what }) => what)).toEqual(expect.arrayContaining([...harmless]))
    const tried = longForm ? mutants : mutants.filter((_, n) => n % 12 === 0)
    const accepted = new Set<string>()
    for (const { what, source } of tried) {
      if ((await judged(exercise, source)).verdict?.passed === true) accepted.add(what)
    }
    expect(accepted).toEqual(new Set(tried.map(({ what }) => what).filter((what) => harmless.has(what))))
  })

  it('refuses a program whose given lines differ', () => {
    const { above, solution } = exercise
    expect(ownRange(exercise, wholeProgram(exercise, solution))).toBeDefined()
    const [first = '', second = ''] = above.split('\n').filter((line) => line !== '')
    const changed = `${above.replace(first, '').replace(second, '')}${solution}\n${exercise.below}`
    expect(ownRange(exercise, changed)).toBe(undefined)
  })
})

it('opens the run that fails, after explore has looked for a shorter schedule', async () => {
  const { exercise, answers } = exercises[20]!
  const wrong = answers.find(({ info }) => info.includes('a lost wake-up'))!
  const { recording } = await judged(exercise, wrong.code)
  expect(summary(recording)).toMatch(
    /^The judge cancels [bc]\. [bc] receives the CancelledError[^.]*\. [bc] ends cancelled\./,
  )
})
