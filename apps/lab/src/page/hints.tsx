import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { Text } from '../language/say.ts'
import type { Lesson } from '../lessons/lesson.ts'
import { Button } from './button.tsx'
import { Prose } from './prose.tsx'

const NAMES: readonly Text[] = ['Where to look', 'What to write']
const DOCS = 'https://github.com/spindle-js/spindle/blob/main/docs/'

/** Two hints for an exercise. The second comes only after the first. */
export function HintsOf({ lesson }: { readonly lesson: Lesson }): JSX.Element {
  const shown = useSignal(0)
  const { hints, page, language } = lesson
  return (
    <div class="hints" aria-live="polite">
      {hints.slice(0, shown.value).map((hint) => (
        <Prose key={hint} text={hint} lang={language} />
      ))}
      {shown.value < 2 && <Button text={NAMES[shown.value]!} act={() => shown.value++} />}
      {shown.value > 0 && <a href={DOCS + page.path}>{page.title}</a>}
    </div>
  )
}
