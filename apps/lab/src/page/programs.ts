import { type Lesson, parseLesson } from '../lessons/lesson.ts'
import { translated } from '../lessons/translated.ts'

export interface PlaygroundProgram {
  readonly name: string
  /** Of a famous bug: what its link has behind the `#`. */
  readonly bug?: string
  readonly source: string
}

const texts = import.meta.glob<string>('../lessons/*.md', { query: '?raw', import: 'default', eager: true })

export const lessons: readonly Lesson[] = Object.entries(texts)
  .map(([path, text]) => parseLesson(path, text))
  .sort((a, b) => a.number - b.number)

const korean = import.meta.glob<string>('../lessons/ko/*.md', { query: '?raw', import: 'default' })

/** The lessons, in that language as far as they are translated: `ko`. */
export async function lessonsIn(language: string | null): Promise<readonly Lesson[]> {
  if (language !== 'ko') return lessons
  const inKorean = async (lesson: Lesson): Promise<Lesson> => {
    const text = await korean[`../lessons/ko/${lesson.name}.md`]?.()
    return text === undefined ? lesson : translated(lesson, 'ko', text)
  }
  return Promise.all(lessons.map(inKorean))
}

const examples = import.meta.glob<string>(
  [
    '../../../../examples/cancellation/*.ts',
    '../../../../examples/together/*.ts',
    '!../../../../examples/cancellation/{11,12,13}_*.ts', // they need Node
  ],
  { query: '?raw', import: 'default', eager: true },
)

const EMPTY = `import { type Coroutine, run, sleep } from 'spindle'

function* main(): Coroutine<void> {
  console.log('hello')
  yield* sleep(100)
  console.log('… and goodbye')
}

await run(main())
`

const bugs = import.meta.glob<string>(['../bugs/*.ts', '!../bugs/*.test.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
})

export const playground: readonly PlaygroundProgram[] = [
  { name: 'a new program', source: EMPTY },
  ...Object.entries(examples).map(([path, source]) => ({
    name: path.replace(/^.*examples\//, '').replace(/\.ts$/, ''),
    source: source.trimEnd(),
  })),
  ...Object.entries(bugs).map(([path, source]) => ({
    name: /^\/\/ (.*)$/m.exec(source)![1]!,
    bug: /([\w-]+)\.ts$/.exec(path)![1]!,
    source: source.trimEnd(),
  })),
]
