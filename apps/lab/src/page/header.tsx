import type { JSX } from 'preact'
import { say } from '../language/say.ts'
import { lessonsOf, PARTS, partOf } from '../lessons/course.ts'
import { Button } from './button.tsx'
import type { LabProps } from './lab-props.ts'
import type { LabState } from './lab-state.ts'
import { Share } from './share.tsx'
import { PLAYGROUND } from './share-link.ts'

export function Header({ state }: LabProps): JSX.Element {
  const place = state.entry()
  const inKorean = state.lessons.some(({ language }) => language === 'ko')
  return (
    <header class="bar">
      <h1>
        <svg width="22" height="26" viewBox="0 0 26 26" aria-hidden="true">
          <path d="M13 1v24M13 5c6 1.5 8.5 3.5 8.5 5S18 13.5 13 14s-8.500 1.5-8.500 3.5S8 20.500 13 21" />
        </svg>
        Spindle <span>Lab</span>
      </h1>
      <select class="path" aria-label={say('lessons')} onChange={(event) => choose(state, event.currentTarget.value)}>
        <option value="" selected={place === ''}>
          {say('All lessons')}
        </option>
        {place === PLAYGROUND && (
          <option value={PLAYGROUND} selected>
            Playground
          </option>
        )}
        {PARTS.map((part) => (
          <optgroup key={part.name} label={say(part.name)}>
            {lessonsOf(part, state.lessons).map(({ name, number, title }) => {
              const isDone = state.done.value.has(name)
              const text = `${number}. ${title.replaceAll('`', '')}`
              return (
                <option key={name} value={name} class={isDone ? 'done' : ''} selected={name === place}>
                  {isDone ? `✓ ${text}` : text}
                </option>
              )
            })}
          </optgroup>
        ))}
      </select>
      <Whereabouts state={state} />
      <Button text="Playground" kind="quiet" isCurrent={place === PLAYGROUND} act={() => state.open(PLAYGROUND)} />
      <details class="menu">
        <summary>{say('More')}</summary>
        <div>
          <Share state={state} />
          <Button text="For the projector" isPressed={state.teaching.value} act={() => teach(state)} />
          <Button
            text={<span>{inKorean ? 'English' : '한국어 (It stops)'}</span>}
            act={() => (location.search = inKorean ? '' : '?lang=ko')}
          />
          <Button text="Dark" isPressed={state.dark.value} act={() => (state.dark.value = !state.dark.value)} />
        </div>
      </details>
    </header>
  )
}

/** The part of the course, and its seven lessons as dots; elsewhere, how many of all are passed. */
function Whereabouts({ state }: LabProps): JSX.Element {
  const { lessons, done, welcome } = state
  const lesson = welcome.value ? undefined : state.lesson.value
  if (lesson === undefined) {
    const passed = lessons.filter(({ name }) => done.value.has(name)).length
    return <span class="count">{say('{} of {} passed', passed, lessons.length)}</span>
  }
  const part = partOf(lesson)
  const all = lessonsOf(part, lessons)
  return (
    <span class="count">
      <b>{say(part.name)}</b>
      <span class="dots" aria-hidden="true">
        {all.map((each) => (
          <i key={each.name} class={each === lesson ? 'here' : done.value.has(each.name) ? 'done' : ''} />
        ))}
      </span>
      {say('lesson {} of {}', all.indexOf(lesson) + 1, all.length)}
    </span>
  )
}

function choose(state: LabState, place: string): void {
  if (place !== '') state.open(place)
  else state.welcome.value = true
}

function teach(state: LabState): void {
  const teaching = !state.teaching.value
  state.teaching.value = teaching
  state.pictureHidden.value = teaching
  if (teaching) document.documentElement.requestFullscreen?.().catch(() => {})
  else if (document.fullscreenElement !== null) void document.exitFullscreen()
}
