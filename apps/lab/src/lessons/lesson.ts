// A lesson is a Markdown file. Its title is the first heading; the headings after it name its parts, and the words
// after the language of a code block say its purpose: see apps/lab/README.md.

/** An exercise: a program with one part that the learner writes. All other lines are given. */
export interface Exercise {
  readonly text: string
  /** The given lines above the learner's. They end with a line break, like the learner's. */
  readonly above: string
  readonly below: string
  readonly start: string
  readonly judge: string
  readonly solution: string
}

/** The whole program: the given lines, and these in place of the learner's. */
export function wholeProgram({ above, below }: Exercise, own: string): string {
  return `${above}${own}\n${below}`
}

export interface Lines {
  readonly from: number
  readonly to: number
}

/** Where the learner's lines are in a program; undefined if any of the given lines differs. */
export function ownRange({ above, below }: Exercise, program: string): Lines | undefined {
  const isWhole =
    program.length > above.length + below.length && program.startsWith(above) && program.endsWith(`\n${below}`)
  const lineAt = (at: number): number => program.slice(0, at).split('\n').length
  return isWhole ? { from: lineAt(above.length), to: lineAt(program.length - below.length - 1) } : undefined
}

/** The question that the learner answers before seeing the run. The run itself decides which answer is right. */
export type Prediction =
  | { readonly kind: 'output'; readonly text: string; readonly choices: readonly string[] }
  | { readonly kind: 'time'; readonly text: string }

export interface Lesson {
  readonly number: number
  /** That of its file: links, ticks and attempts keep it when the order of the lessons changes. */
  readonly name: string
  readonly title: string
  /** The language of its prose, if that is not English. */
  readonly language?: string
  readonly question: string
  /** The idea in about five words: it answers the question, so it is shown when the lesson is passed. */
  readonly idea: string
  /** The tools that its text shows. */
  readonly gives: readonly string[]
  readonly program: string
  readonly python: string
  readonly prediction: Prediction
  /** The answer to the question of the title: one sentence. */
  readonly answer: string
  readonly why: string
  /** Whether its picture has true time, rather than one step for each event. */
  readonly trueTime: boolean
  readonly change: string
  readonly exercise: Exercise
  /** Where to look, and what to write. */
  readonly hints: readonly string[]
  /** The page of the documentation, below `docs/`. */
  readonly page: { readonly title: string; readonly path: string }
  /** An expression that must be true for the run of the program. */
  readonly claim: string
}

/**
 * @param path that of its file, such as `08-what-cancel-does.md`
 * @throws Error that names the missing part
 */
export function parseLesson(path: string, text: string): Lesson {
  const [heading, question, part] = partsOf(text)
  const title = /^# (\d+)\. (.+)$/.exec(heading)
  if (title === null) throw new Error('a lesson begins with a heading like "# 3. Who runs next?"')
  const number = Number(title[1])
  const [idea = '', tools = ''] = prose(part('Idea')).split(': ')
  const exercise = part('Exercise')
  const [above, below] = block(exercise, 'ts given', number).split(/^\/\/ your lines\n/m)
  if (above === undefined || below === undefined) throw new Error(`lesson ${number} has no line "// your lines"`)
  const task = prose(exercise)
  const [bold = '', ...why] = prose(part('Why')).split(/\n{2,}/)
  const answer = /^\*\*([\s\S]+)\*\*$/.exec(bold)?.[1]?.replaceAll('\n', ' ')
  if (answer === undefined) throw new Error(`lesson ${number} has no answer in bold at the head of "## Why"`)
  return {
    number,
    name: /(?:\d+-)?([\w-]+)\.md$/.exec(path)?.[1] ?? '',
    title: title[2]!,
    question: prose(question),
    idea,
    gives: Array.from(tools.matchAll(/`(.+?)`/g), ([, tool = '']) => tool),
    program: block(part('Program'), 'ts', number),
    python: block(part('Python'), 'python', number),
    prediction: parsePrediction(part('Predict')),
    answer,
    why: why.join('\n\n'),
    trueTime: /true\stime/.test(question),
    change: prose(part('Change')),
    ...parseHints(task),
    exercise: {
      text: task.replace(/^- [\s\S]*/m, '').trim(),
      above,
      below,
      start: block(exercise, 'ts start', number),
      judge: block(exercise, 'ts judge', number),
      solution: block(exercise, 'ts solution', number),
    },
    claim: block(part('Claim'), 'js', number),
  }
}

/** The heading of a lesson, what follows it, and its parts by their names. */
export function partsOf(text: string): [heading: string, question: string, part: (name: string) => string] {
  const [head = '', ...rest] = text.split(/^## /m)
  const [heading = '', ...question] = head.split('\n')
  const parts = new Map(rest.map((part) => [/^.*/.exec(part)![0].trim(), part.replace(/^.*\n/, '')]))
  const part = (name: string): string => {
    const found = parts.get(name)
    if (found === undefined) throw new Error(`the lesson "${heading}" has no part "## ${name}"`)
    return found
  }
  return [heading, question.join('\n'), part]
}

export function parseHints(text: string): Pick<Lesson, 'hints' | 'page'> {
  const items = text
    .split(/^- /m)
    .slice(1)
    .map((item) => item.trim().replaceAll(/\s+/g, ' '))
  const link = /^\[(.+)\]\(.*?docs\/(.+)\)$/.exec(items.at(-1) ?? '')
  if (link === null || items.length !== 3) throw new Error('the hints are two, and then a link to a page of docs/')
  return { hints: items.slice(0, 2), page: { title: link[1]!, path: link[2]! } }
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
  if (!words.startsWith('(time)')) throw new Error('a prediction has choices, or begins with (time)')
  return { kind: 'time', text: words.slice('(time)'.length).trim() }
}

/** The code blocks of a text, with the words behind their backquotes. */
export function blocks(text: string): { info: string; code: string }[] {
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
