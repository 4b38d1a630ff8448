import type { JSX } from 'preact'
import { Button } from './button.tsx'
import type { LabProps } from './lab-props.ts'
import type { LabState } from './lab-state.ts'
import { PLAYGROUND } from './lab-state.ts'
import { Share } from './share.tsx'

export function Header({ state }: LabProps): JSX.Element {
  const number = state.welcome.value ? -1 : state.lessonNumber.value
  const passed = state.lessons.filter((lesson) => state.done.value.has(lesson.number)).length
  return (
    <header class="bar">
      <h1>
        <svg width="22" height="26" viewBox="0 0 26 26" aria-hidden="true">
          <path d="M13 1v24M13 5c6 1.5 8.5 3.5 8.5 5S18 13.5 13 14s-8.500 1.5-8.500 3.5S8 20.500 13 21" />
        </svg>
        Spindle <span>Lab</span>
      </h1>
      <select class="path" aria-label="lessons" onChange={(event) => choose(state, Number(event.currentTarget.value))}>
        <option value={-1} selected={number === -1}>
          All lessons
        </option>
        {number === PLAYGROUND && (
          <option value={PLAYGROUND} selected>
            Playground
          </option>
        )}
        {state.lessons.map((lesson) => {
          const isDone = state.done.value.has(lesson.number)
          const title = `${lesson.number}. ${lesson.title.replaceAll('`', '')}`
          return (
            <option
              key={lesson.number}
              value={lesson.number}
              class={isDone ? 'done' : ''}
              selected={lesson.number === number}
            >
              {isDone ? `✓ ${title}` : title}
            </option>
          )
        })}
      </select>
      <span class="count">
        {passed} of {state.lessons.length} passed
      </span>
      <Button text="Playground" kind="quiet" isCurrent={number === PLAYGROUND} act={() => state.open(PLAYGROUND)} />
      <details class="menu">
        <summary>More</summary>
        <div>
          <Share state={state} />
          <Button text="For the projector" isPressed={state.teaching.value} act={() => teach(state)} />
          <Button text="Dark" isPressed={state.dark.value} act={() => (state.dark.value = !state.dark.value)} />
        </div>
      </details>
    </header>
  )
}

function choose(state: LabState, lesson: number): void {
  if (lesson > 0) state.open(lesson)
  else state.welcome.value = true
}

function teach(state: LabState): void {
  const teaching = !state.teaching.value
  state.teaching.value = teaching
  state.pictureHidden.value = teaching
  if (teaching) document.documentElement.requestFullscreen?.().catch(() => {})
  else if (document.fullscreenElement !== null) void document.exitFullscreen()
}
