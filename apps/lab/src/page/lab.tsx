import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { say, speakEnglish, spoken } from '../language/say.ts'
import { CancelHere } from './cancel-here.tsx'
import { Exercise } from './exercise.tsx'
import { Header } from './header.tsx'
import type { LabProps } from './lab-props.ts'
import type { LabState } from './lab-state.ts'
import { Predict } from './predict.tsx'
import { Editor } from './program.tsx'
import { readPassed } from './progress.ts'
import { Prose, words } from './prose.tsx'
import { Run } from './run.tsx'

export function Lab({ state }: LabProps): JSX.Element {
  useEffect(() => {
    const keys = (event: KeyboardEvent): void => onKey(state, event)
    addEventListener('keydown', keys)
    const passedElsewhere = (): unknown => (state.done.value = readPassed())
    addEventListener('storage', passedElsewhere)
    return () => {
      removeEventListener('keydown', keys)
      removeEventListener('storage', passedElsewhere)
    }
  }, [])
  const lesson = state.welcome.value ? undefined : state.lesson.value
  const isTranslated = state.welcome.value || lesson?.language !== undefined
  speakEnglish(!isTranslated)
  const classes = ['lab', state.teaching.value && 'teaching', state.revealed.value ? 'shows-run' : 'asks']
  return (
    <div
      key={spoken()} // in another language, nothing of the page stays
      lang={spoken()}
      class={classes.filter(Boolean).join(' ')}
      data-theme={state.dark.value ? 'dark' : 'light'}
    >
      <Header state={state} />
      {state.notice.value !== '' && (
        <p class="notice" role="alert">
          {state.notice}
        </p>
      )}
      {state.welcome.value && <Beginning state={state} />}
      <main class={state.welcome.value ? 'hidden' : ''}>
        <Question state={state} />
        <section class="left" aria-label={say('the program')}>
          <Editor state={state} />
          {state.revealed.value && <CancelHere state={state} />}
        </section>
        <section class="right" aria-label={say('the run')}>
          {state.revealed.value ? <Run state={state} /> : <Predict state={state} />}
          {!state.revealed.value && <Exercise state={state} />}
        </section>
      </main>
    </div>
  )
}

/** Loads the first page, with the instrument, when it is shown: whoever follows a link does not wait for it. */
function Beginning({ state }: LabProps): JSX.Element | null {
  const page = useSignal<{ readonly Welcome: (props: LabProps) => JSX.Element } | undefined>(undefined)
  useEffect(() => {
    void import('./welcome.tsx').then((loaded) => (page.value = loaded))
  }, [])
  const Welcome = page.value?.Welcome
  return Welcome === undefined ? null : <Welcome state={state} />
}

function onKey(state: LabState, event: KeyboardEvent): void {
  const { target } = event
  if (event.ctrlKey || event.metaKey || event.altKey || !state.revealed.value) return
  if (target instanceof HTMLElement && target.closest('.cm-editor, input, select, textarea') !== null) return
  const unit = event.shiftKey ? 'time' : 'event'
  if (event.key === 'ArrowRight') state.step(1, unit)
  else if (event.key === 'ArrowLeft') state.step(-1, unit)
  else if (event.key === ']') state.step(1, 'cancel')
  else if (event.key === '[') state.step(-1, 'cancel')
  else if (event.key === ' ' && !(target instanceof HTMLElement && target.closest('button, summary, a') !== null))
    state.playing.value ? state.pause() : state.play()
  else if (event.key === 'Home') state.seek(0)
  else if (event.key === 'End') state.seek(Number.MAX_SAFE_INTEGER)
  else return
  event.preventDefault()
}

function Question({ state }: LabProps): JSX.Element {
  const lesson = state.lesson.value
  if (lesson === undefined) {
    return (
      <div class="question">
        <h2>Playground</h2>
        <label>
          program{' '}
          <select onChange={(event) => state.openProgram(Number(event.currentTarget.value))}>
            <Programs state={state} bugs={false} />
            <optgroup label="famous bugs">
              <Programs state={state} bugs />
            </optgroup>
          </select>
        </label>
      </div>
    )
  }
  return (
    <div class="question">
      <h2 lang={lesson.language}>{words(state.exercising.value ? say('Exercise: {}', lesson.title) : lesson.title)}</h2>
      <Prose text={state.exercising.value ? lesson.exercise.text : lesson.question} lang={lesson.language} />
    </div>
  )
}

function Programs({ state, bugs }: LabProps & { readonly bugs: boolean }): JSX.Element {
  return (
    <>
      {state.programs.map(
        ({ name, bug, source }, n) =>
          (bug !== undefined) === bugs && (
            <option key={name} value={n} selected={source === state.source.value}>
              {name}
            </option>
          ),
      )}
    </>
  )
}
