import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { LabProps } from './lab-props.ts'

const MAX_ITEMS = 300

export function Sentence({ state }: LabProps): JSX.Element {
  const box = useRef<HTMLParagraphElement>(null)
  const isEmpty = state.recording.value.rows.length === 0
  const isAtEnd = state.stop.value >= state.story.value.stops.length - 1
  const past = state.account.value.filter(({ row }) => row <= state.row.value)
  // What has been said stays where it is: only the box scrolls.
  useEffect(() => void box.current?.scrollTo(0, isAtEnd ? 0 : box.current.scrollHeight))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it has to be reached by keyboard
    <p class="sentence" ref={box} tabIndex={0}>
      {state.isOutdated.value && <em>The program cannot be parsed at the moment. {!isEmpty && 'Its last run: '}</em>}
      {isAtEnd
        ? (!state.isOutdated.value || !isEmpty) && state.summary.value
        : past.slice(-MAX_ITEMS).map(({ row, text }, n, all) => (
            <span key={row} class={n === all.length - 1 ? 'now-said' : ''}>
              {text}.{' '}
            </span>
          ))}
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
    <section class="account">
      <h3>What happens</h3>
      <ol ref={list} start={first + 1}>
        {all.slice(first, first + MAX_ITEMS).map(({ row, text, line }) => (
          <li key={row} aria-current={row === current ? 'step' : undefined}>
            <button type="button" onClick={() => state.seekRow(row)}>
              {text}
              {line > 0 ? ` (line ${line})` : ''}
            </button>
          </li>
        ))}
      </ol>
    </section>
  )
}
