import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { retell, say } from '../language/say.ts'
import type { LabProps } from './lab-props.ts'
import { words } from './prose.tsx'

const MAX_ITEMS = 300

/** One sentence, which grows with the cursor. At the end of its run it answers the question of the lesson. */
export function Sentence({ state }: LabProps): JSX.Element {
  const box = useRef<HTMLParagraphElement>(null)
  const isEmpty = state.recording.value.rows.length === 0
  const isAtEnd = state.isAtEnd.value
  const past = state.account.value.filter(({ row }) => row <= state.row.value)
  const answer = state.isAsTaught.value ? state.lesson.value?.answer : undefined
  // The sentences above stay in place: only the box scrolls.
  useEffect(() => void box.current?.scrollTo(0, isAtEnd ? 0 : box.current.scrollHeight))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it has to be reached by keyboard
    <p class="sentence" aria-live="polite" ref={box} tabIndex={0}>
      {state.isOutdated.value && (
        <em>
          {say('The program cannot be parsed at the moment.')} {!isEmpty && say('Its last run: ')}
        </em>
      )}
      {state.waker.value !== '' && `${retell(state.waker.value)}. `}
      {isAtEnd && answer !== undefined ? (
        <strong>{words(answer)}</strong>
      ) : isAtEnd ? (
        (!state.isOutdated.value || !isEmpty) &&
        state.summary.value
          .split(/(?<=\.) /)
          .map(retell)
          .join(' ')
      ) : (
        past.slice(-MAX_ITEMS).map(({ row, text }, n, all) => (
          <span key={row} class={n === all.length - 1 ? 'now-said' : ''}>
            {retell(text)}.{' '}
          </span>
        ))
      )}
      {!isAtEnd && state.problem.value !== undefined && <span class="wrong">{retell(state.problem.value)}.</span>}
    </p>
  )
}

export function Account({ state }: LabProps): JSX.Element {
  const list = useRef<HTMLOListElement>(null)
  const all = state.account.value
  const current = state.row.value
  const at = all.findIndex(({ row }) => row === current)
  const first = all.length > MAX_ITEMS ? Math.max(0, Math.min(at - MAX_ITEMS / 2, all.length - MAX_ITEMS)) : 0
  useEffect(() => {
    const item = list.current?.querySelector<HTMLElement>('[aria-current]')
    const box = list.current
    if (item === null || item === undefined || box === null) return
    if (item.offsetTop < box.scrollTop || item.offsetTop + item.offsetHeight > box.scrollTop + box.clientHeight) {
      box.scrollTop = item.offsetTop - box.clientHeight / 2
    }
  })
  return (
    <details class="account">
      <summary>{say('Every step of this run')}</summary>
      <ol ref={list} start={first + 1}>
        {all.slice(first, first + MAX_ITEMS).map(({ row, text, line }) => (
          <li key={row} aria-current={row === current ? 'step' : undefined}>
            <button type="button" onClick={() => state.seekRow(row)}>
              {retell(text)}
              {line > 0 && ` (${say('line {}', line)})`}
            </button>
          </li>
        ))}
      </ol>
    </details>
  )
}
