import { useSignalEffect } from '@preact/signals'
import { legend } from '@spindle/inspect'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { retell, say } from '../language/say.ts'
import type { LabProps } from './lab-props.ts'
import type { LabState } from './lab-state.ts'

export function Picture({ state }: LabProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const drawing = state.drawing.value
  const place = (): void => {
    const { xs, width, focus } = state.drawing.value
    const isAtEnd = state.isAtEnd.value
    const x = isAtEnd ? width - 8 : (xs[state.row.value] ?? 0) // after the last step, nothing is faint
    const element = box.current
    const cursor = element?.querySelector('.cursor')
    if (element === null || cursor === null || cursor === undefined) return
    cursor.setAttribute('transform', `translate(${x})`)
    cursor.removeAttribute('display')
    hideTheFuture(state, element)
    // At the end, the problem is in view. The cursor stays 60 px from the right edge; at first nothing is scrolled.
    if (isAtEnd && focus !== undefined) element.scrollLeft = focus - element.clientWidth * 0.6
    else if (x < element.scrollLeft + 200 || x > element.scrollLeft + element.clientWidth - 60)
      element.scrollLeft = state.stop.value === 0 ? 0 : x - element.clientWidth + 60
  }
  useSignalEffect(place)
  const keepNames = (): void => {
    const element = box.current
    element?.querySelector('.names')?.setAttribute('transform', `translate(${element.scrollLeft})`)
  }
  useEffect(() => {
    place() // in the new picture
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

export function Legend(): JSX.Element {
  return (
    <details class="legend">
      <summary>{say('what the shapes mean')}</summary>
      <ul>
        {legend('page').map(({ svg, text }) => (
          <li key={text}>
            <span class="sample" dangerouslySetInnerHTML={{ __html: svg }} />
            {retell(text)}
          </li>
        ))}
      </ul>
    </details>
  )
}
