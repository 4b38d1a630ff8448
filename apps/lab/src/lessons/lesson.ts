// A lesson is a Markdown file. Its title is the first heading; the headings after it name its parts, and the words
// after the language of a code block say what the block is for: see apps/lab/README.md.

export interface Exercise {
  readonly text: string
  /** The program that the learner starts with. */
  readonly start: string
  readonly judge: string
  readonly solution: string
  /** Wrong attempts, with the judge's verdicts. */
  readonly wrong: readonly { readonly source: string; readonly verdict: string }[]
}

/** The question that the learner answers before seeing the run. The run itself decides which answer is right. */
export type Prediction =
  | { readonly kind: 'output'; readonly text: string; readonly choices: readonly string[] }
  | { readonly kind: 'time' | 'line'; readonly text: string }

export interface Lesson {
  readonly number: number
  readonly title: string
  readonly question: string
  readonly program: string
  readonly python: string
  /** Runs of the same program by something else. They were recorded beforehand. */
  readonly recordings: readonly { readonly name: string; readonly label: string }[]
  readonly prediction: Prediction
  readonly why: string
  readonly change: string
  readonly exercise: Exercise
  /** An expression that must be true for the run of the program. */
  readonly claim: string
}

/** @throws Error that names the missing part */
export function parseLesson(text: string): Lesson {
  const title = /^# (\d+)\. (.+)$/m.exec(text)
  if (title === null) throw new Error('a lesson begins with a heading like "# 3. Who runs next?"')
  const number = Number(title[1])
  const parts = new Map<string, string>()
  const [question = '', ...rest] = text.slice(title.index + title[0].length).split(/^## /m)
  for (const part of rest) {
    const end = part.indexOf('\n')
    parts.set(part.slice(0, end).trim(), part.slice(end + 1))
  }
  const part = (name: string): string => {
    const found = parts.get(name)
    if (found === undefined) throw new Error(`lesson ${number} has no part "## ${name}"`)
    return found
  }
  const exercise = part('Exercise')
  return {
    number,
    title: title[2]!,
    question: prose(question),
    program: block(part('Program'), 'ts', number),
    python: block(part('Python'), 'python', number),
    recordings: [...(parts.get('Recordings') ?? '').matchAll(/^- (\w+): (.+)$/gm)].map(([, name = '', label = '']) => ({
      name,
      label,
    })),
    prediction: parsePrediction(part('Predict')),
    why: prose(part('Why')),
    change: prose(part('Change')),
    exercise: {
      text: prose(exercise),
      start: block(exercise, 'ts start', number),
      judge: block(exercise, 'ts judge', number),
      solution: block(exercise, 'ts solution', number),
      wrong: blocks(exercise)
        .filter(({ info }) => info.startsWith('ts wrong: '))
        .map(({ info, code }) => ({ source: code, verdict: info.slice('ts wrong: '.length) })),
    },
    claim: block(part('Claim'), 'js', number),
  }
}

function parsePrediction(text: string): Prediction {
  const words = prose(text)
  const choices = text.split('\n').flatMap((line) => /^- (.+)$/.exec(line)?.[1] ?? [])
  if (choices.length > 0) {
    return {
      kind: 'output',
      text: words.replace(/^- .+$/gm, '').trim(),
      choices: choices.map((choice) => choice.replaceAll(' / ', '\n')),
    }
  }
  const kind = /^\((time|line)\)/.exec(words)?.[1]
  if (kind !== 'time' && kind !== 'line') throw new Error('a prediction has choices, or begins with (time) or (line)')
  return { kind, text: words.slice(kind.length + 2).trim() }
}

function blocks(text: string): { info: string; code: string }[] {
  return [...text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, info = '', code = '']) => ({
    info: info.trim(),
    code: code.trimEnd(),
  }))
}

function block(text: string, info: string, number: number): string {
  const found = blocks(text).find((candidate) => candidate.info === info)
  if (found === undefined) throw new Error(`lesson ${number} has no block \`\`\`${info}`)
  return found.code
}

function prose(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '').trim()
}
