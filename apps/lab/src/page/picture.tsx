import { useSignalEffect } from '@preact/signals'
import { legend } from '@spindle/inspect'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { say } from '../language/say.ts'
import type { LabProps } from './lab-props.ts'
import type { LabState } from './lab-state.ts'

export function Picture({ state }: LabProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const drawing = state.drawing.value
  useSignalEffect(() => {
    const { xs } = state.drawing.value
    const x = xAt(state, xs)
    const element = box.current
    const cursor = element?.querySelector('.cursor')
    if (element === null || cursor === null || cursor === undefined) return
    cursor.setAttribute('transform', `translate(${x})`)
    cursor.removeAttribute('display')
    hideTheFuture(state, element)
    // The cursor stays 60 px from the right edge, and the picture begins unscrolled.
    if (x < element.scrollLeft + 200 || x > element.scrollLeft + element.clientWidth - 60)
      element.scrollLeft = state.stop.value === 0 ? 0 : x - element.clientWidth + 60
  })
  const keepNames = (): void => {
    const element = box.current
    element?.querySelector('.names')?.setAttribute('transform', `translate(${element.scrollLeft})`)
  }
  // The picture is new: restore the position of the cursor.
  useEffect(() => {
    const x = xAt(state, drawing.xs)
    box.current?.querySelector('.cursor')?.setAttribute('transform', `translate(${x})`)
    if (box.current !== null) hideTheFuture(state, box.current)
    keepNames()
  }, [drawing])
  const click = (event: MouseEvent): void => {
    const svg = box.current?.querySelector('svg')
    if (svg === null || svg === undefined) return
    const { left, top } = svg.getBoundingClientRect()
    const x = event.clientX - left
    if (x - box.current!.scrollLeft < drawing.xs[0]!) {
      const named = drawing.lanes.find(({ y }) => Math.abs(event.clientY - top - y) < 15)
      return named && state.focus(named.task)
    }
    let row = 0
    while (row + 1 < drawing.xs.length - 1 && drawing.xs[row + 1]! <= x) row++
    state.seekRow(row)
  }
  return (
    <div class={`picture-box ${state.isOutdated.value ? 'outdated' : ''}`} aria-busy={state.running.value}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the slider and the keys do the same */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the same */}
      <div
        class="picture"
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it has to be reached by keyboard
        tabIndex={0}
        onClick={click}
        onScroll={keepNames}
        dangerouslySetInnerHTML={{ __html: drawing.svg }}
      />
      <Legend />
    </div>
  )
}

/** The picture contains neither names of Tasks nor texts from the future. */
function hideTheFuture(state: LabState, picture: Element): void {
  for (const each of picture.querySelectorAll(':is(text, circle, g)[data-row]')) {
    each.removeAttribute('opacity')
    each.setAttribute('visibility', Number(each.getAttribute('data-row')) <= state.row.value ? 'visible' : 'hidden')
  }
}

/** The position of the cursor. After the last step, nothing is faint. */
function xAt(state: LabState, xs: readonly number[]): number {
  const isLast = state.stop.value >= state.story.value.stops.length - 1
  return isLast ? state.drawing.value.width - 8 : (xs[state.row.value] ?? 0)
}

function Legend(): JSX.Element {
  return (
    <details class="legend">
      <summary>{say('what the shapes mean')}</summary>
      <ul>
        {legend('page').map(({ svg, text }) => (
          <li key={text}>
            <span class="sample" dangerouslySetInnerHTML={{ __html: svg }} />
            {say(text)}
          </li>
        ))}
      </ul>
    </details>
  )
}
