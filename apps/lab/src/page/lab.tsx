import { useSignal, useSignalEffect } from '@preact/signals'
import { formatRecording, legend, toTrace } from '@spindle/inspect'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Failure } from '../sandbox/run-program.ts'
import type { MarkedLine, ProgramEditor } from './editor.ts'
import { type LabState, PLAYGROUND } from './lab-state.ts'
import { readPassed } from './progress.ts'
import { Prose } from './prose.tsx'

interface Props {
  readonly state: LabState
}

/** The whole Lab. */
export function Lab({ state }: Props): JSX.Element {
  useEffect(() => {
    const keys = (event: KeyboardEvent): void => onKey(state, event)
    addEventListener('keydown', keys)
    const passedElsewhere = (): void => {
      state.done.value = readPassed()
    }
    addEventListener('storage', passedElsewhere)
    return () => {
      removeEventListener('keydown', keys)
      removeEventListener('storage', passedElsewhere)
    }
  }, [])
  const classes = ['lab', state.teaching.value && 'teaching', state.revealed.value ? 'shows-run' : 'asks']
  return (
    <div class={classes.filter(Boolean).join(' ')} data-theme={state.dark.value ? 'dark' : 'light'}>
      <Header state={state} />
      {state.notice.value !== '' && (
        <p class="notice" role="alert">
          {state.notice}
        </p>
      )}
      {state.welcome.value && <Welcome state={state} />}
      <main class={state.welcome.value ? 'hidden' : ''}>
        <Question state={state} />
        <section class="left" aria-label="the program">
          <Editor state={state} />
          {state.revealed.value && <CancelHere state={state} />}
        </section>
        <section class="right" aria-label="the run">
          {state.revealed.value ? <Run state={state} /> : <Predict state={state} />}
          {!state.revealed.value && <Exercise state={state} />}
        </section>
      </main>
    </div>
  )
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

function Header({ state }: Props): JSX.Element {
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
      <nav class="path" aria-label="lessons">
        <ol>
          {state.lessons.map((lesson) => {
            const isDone = state.done.value.has(lesson.number)
            return (
              <li key={lesson.number} class={isDone ? 'done' : ''}>
                <button
                  type="button"
                  aria-label={`${lesson.number}. ${lesson.title}${isDone ? ' Passed' : ''}`}
                  title={lesson.title}
                  aria-current={lesson.number === number ? 'page' : undefined}
                  onClick={() => state.open(lesson.number)}
                >
                  {isDone && lesson.number !== number ? '✓' : lesson.number}
                </button>
              </li>
            )
          })}
        </ol>
      </nav>
      <span class="count">
        {passed} of {state.lessons.length} passed
      </span>
      <button
        type="button"
        class="quiet"
        aria-current={number === PLAYGROUND ? 'page' : undefined}
        onClick={() => state.open(PLAYGROUND)}
      >
        Playground
      </button>
      <details class="menu">
        <summary>More</summary>
        <div>
          <Share state={state} />
          <button type="button" aria-pressed={state.teaching.value} onClick={() => teach(state)}>
            For the projector
          </button>
          <button type="button" aria-pressed={state.dark.value} onClick={() => (state.dark.value = !state.dark.value)}>
            Dark
          </button>
        </div>
      </details>
    </header>
  )
}

/** What this is, how long it takes, and for whom. */
function Welcome({ state }: Props): JSX.Element {
  const next = state.lessons.find(({ number }) => !state.done.value.has(number)) ?? state.lessons[0]!
  const minutes = state.lessons.length * 8
  return (
    <section class="welcome" aria-label="beginning">
      <h2>Watch a cancellation travel.</h2>
      <p>
        {state.lessons.length} short lessons on coroutines, Tasks and what happens when one of them has to stop. You
        predict what a program does, watch it run step by step, and then mend one yourself. A judge tries your lines,
        with a cancel at every point.
      </p>
      <p>
        About eight minutes a lesson, {Math.round(minutes / 60)} hours in all. For people who write JavaScript and know
        `await`; nothing else is needed. What you write stays in this browser.
      </p>
      <p>
        <button type="button" class="primary" onClick={() => state.open(next.number)}>
          {state.done.value.size === 0 ? 'Begin' : 'Go on'}: {next.number}. {next.title}
        </button>
      </p>
      <ol>
        {state.lessons.map(({ number, title }) => (
          <li key={number}>
            <button type="button" class="link" onClick={() => state.open(number)}>
              {title}
            </button>
            {state.done.value.has(number) && <span class="tick"> ✓ passed</span>}
          </li>
        ))}
      </ol>
    </section>
  )
}

function teach(state: LabState): void {
  const teaching = !state.teaching.value
  state.teaching.value = teaching
  state.pictureHidden.value = teaching
  if (teaching) document.documentElement.requestFullscreen?.().catch(() => {})
  else if (document.fullscreenElement !== null) void document.exitFullscreen()
}

function Share({ state }: Props): JSX.Element {
  const said = useSignal('')
  const copy = async (text: string, what: string): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      said.value = `${what} copied`
    } catch {
      said.value = `the browser does not allow copying; the address of this page is the link`
    }
  }
  const copyLink = async (): Promise<void> => {
    const link = await state.link()
    if (state.lessonNumber.value >= 0) window.history.replaceState(null, '', link)
    await copy(location.href, 'link')
  }
  return (
    <>
      <button type="button" onClick={copyLink}>
        Copy link
      </button>
      <button type="button" onClick={async () => copy(await state.test(), 'test')}>
        Copy as test
      </button>
      <button type="button" onClick={() => download('run.svg', state.drawing.value.svg, 'image/svg+xml')}>
        Download picture (SVG)
      </button>
      <button
        type="button"
        onClick={() => download('run.jsonl', formatRecording(state.recording.value), 'application/jsonl')}
      >
        Download recording
      </button>
      <button
        type="button"
        onClick={() => download('run.trace.json', JSON.stringify(toTrace(state.recording.value)), 'application/json')}
      >
        Download trace (Perfetto)
      </button>
      <p role="status">{said}</p>
    </>
  )
}

function download(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  Object.assign(document.createElement('a'), { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}

function Question({ state }: Props): JSX.Element {
  const lesson = state.lesson.value
  if (lesson === undefined) {
    return (
      <div class="question">
        <h2>Playground</h2>
        <label>
          program{' '}
          <select onChange={(event) => state.openProgram(Number(event.currentTarget.value))}>
            {state.programs.map(({ name }, n) => (
              <option key={name} value={n}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
    )
  }
  return (
    <div class="question">
      <h2>{state.exercising.value ? `Exercise: ${lesson.title}` : lesson.title}</h2>
      <Prose text={state.exercising.value ? lesson.exercise.text : lesson.question} />
    </div>
  )
}

function Editor({ state }: Props): JSX.Element {
  const parent = useRef<HTMLDivElement>(null)
  const editor = useSignal<ProgramEditor | undefined>(undefined)
  useEffect(() => {
    let isGone = false
    void state.afterFirstRun.then(async () => {
      // Half of what the page loads, so the picture comes first.
      const { ProgramEditor } = await import('./editor.ts')
      if (isGone) return
      editor.value = new ProgramEditor(parent.current!, {
        source: state.source.peek(),
        onEdit: (source) => state.edit(source),
        own: () => state.own.peek(),
      })
    })
    return () => {
      isGone = true
      editor.peek()?.destroy()
    }
  }, [])
  useSignalEffect(() => {
    const source = state.source.value
    editor.value?.show(source)
  })
  useSignalEffect(() => {
    const own = state.own.value
    editor.value?.freezeAllBut(own)
  })
  useSignalEffect(() => {
    const lines = marksOf(state)
    editor.value?.mark(lines)
  })
  return (
    <div class="lab-editor" ref={parent} tabIndex={-1}>
      {editor.value === undefined && <pre class="lab-source">{state.source.value}</pre>}
      {(state.revealed.value || state.result.value?.failure?.kind === 'syntax') && <ProblemLine state={state} />}
    </div>
  )
}

function marksOf(state: LabState): MarkedLine[] {
  const failure = state.result.value?.failure
  const lines = new Map<number, { kind: MarkedLine['kind']; names: string[] }>()
  if (state.revealed.value && !state.pictureHidden.value && !state.isOutdated.value && state.recordedBy.value === '') {
    for (const { name, line, state: doing } of state.tasks.value) {
      if (line === 0) continue
      const entry = lines.get(line) ?? { kind: 'waits', names: [] }
      entry.names.push(name)
      if (doing.startsWith('running')) entry.kind = 'runs'
      else if (doing === 'cancel requested' && entry.kind !== 'runs') entry.kind = 'asked'
      lines.set(line, entry)
    }
  }
  const marked = [...lines].map(([line, { kind, names }]): MarkedLine => ({ line, kind, label: names.join(', ') }))
  if (failure !== undefined && failure.line > 0) marked.push({ line: failure.line, kind: 'wrong', label: '' })
  return marked.filter(({ line, kind }) => kind === 'wrong' || line !== failure?.line)
}

const TITLES: Record<Failure['kind'], string> = {
  syntax: 'The program cannot be parsed',
  error: 'The program ended with an exception',
  'never-waits': 'Stopped: a loop that never waits',
  'never-ends': 'Stopped: the program does not end',
  deadlock: 'Stopped: the program waits forever',
  'too-long': 'Stopped: the program does not respond',
}

function ProblemLine({ state }: Props): JSX.Element | null {
  const result = state.result.value
  const failure = result?.failure
  const warnings = result?.recording.rows.filter((row) => row.kind === 'warning') ?? []
  if (failure === undefined && warnings.length === 0) {
    const isEmpty = result !== undefined && result.recording.rows.length === 0
    return isEmpty ? (
      <p class="problem">Nothing happens: the program does not call run(). Add `await run(main())` at its end.</p>
    ) : null
  }
  return (
    <div class="problem" role="status">
      {failure !== undefined && (
        <p>
          <strong>{TITLES[failure.kind] ?? 'It failed'}</strong>
          {failure.line > 0 ? `, line ${failure.line}` : ''}: {failure.message}.
        </p>
      )}
      {warnings.map((row) => row.kind === 'warning' && <p key={row.line}>{`Line ${row.line}: ${row.text}.`}</p>)}
    </div>
  )
}

function CancelHere({ state }: Props): JSX.Element | null {
  const points = state.awaits.value
  if (points.length === 0 || state.exercising.value) return null
  const lines = state.source.value.split('\n')
  const { missed: unused = [] } = state.result.value ?? {}
  const missed = new Set(
    points.flatMap(({ function: name, nth, line }) =>
      unused.some((at) => at.function === name && at.nth === nth) ? [line] : [],
    ),
  )
  return (
    <details class="awaits" open={state.schedule.value.length > 0}>
      <summary>
        Cancel here: {points.length} {points.length === 1 ? 'await' : 'awaits'}
        {state.schedule.value.length > 0 && `, ${state.schedule.value.length} chosen`}
      </summary>
      <p>Cancels the Task when it first waits at that line. Twice: again, when it waits in its clean-up.</p>
      <ul>
        {points.map((point) => {
          const times =
            state.schedule.value.find((at) => at.function === point.function && at.nth === point.nth)?.times ?? 0
          const code = lines[point.line - 1]?.trim() ?? ''
          return (
            <li key={point.id}>
              <span class="where">
                {point.line} <code>{code.length > 44 ? `${code.slice(0, 43)}…` : code}</code>
              </span>
              {([1, 2] as const).map((n) => (
                <button
                  key={n}
                  type="button"
                  class="cancel"
                  aria-pressed={times === n}
                  aria-label={`cancel ${n === 1 ? 'once' : 'twice'} at line ${point.line}, ${point.function}: ${code}`}
                  onClick={() => state.cancelHere(point, times === n ? 0 : n)}
                >
                  {n === 1 ? '✕' : '✕✕'}
                </button>
              ))}
            </li>
          )
        })}
      </ul>
      <div role="status">
        {[...missed].map((line) => (
          <p key={line} class="missed">
            No Task waits at line {line} in this run, so nothing is cancelled there.
          </p>
        ))}
      </div>
    </details>
  )
}

function Exercise({ state }: Props): JSX.Element | null {
  const lesson = state.lesson.value
  if (lesson === undefined) return null
  if (!state.exercising.value) {
    return (
      <p class="actions">
        <button
          type="button"
          class={state.outcome.value === undefined ? 'quiet' : 'primary'}
          onClick={() => state.startExercise()}
        >
          To the exercise
        </button>
      </p>
    )
  }
  const verdict = state.verdict.value
  const next = state.lessons.find(({ number }) => number > lesson.number)
  const isPassed = verdict?.passed === true
  return (
    <div class="exercise">
      <div class="actions">
        <button
          type="button"
          class={isPassed ? '' : 'primary'}
          disabled={state.judging.value}
          onClick={() => state.check()}
        >
          {state.judging.value ? 'Checking …' : 'Check my lines'}
        </button>
        {isPassed && next !== undefined && (
          <button type="button" class="primary" onClick={() => state.open(next.number)}>
            Next: {next.number}. {next.title}
          </button>
        )}
        <button type="button" class="quiet" onClick={() => state.beginAgain()}>
          Begin again
        </button>
        <button type="button" class="quiet" onClick={() => state.showSolution()}>
          Show a solution (no tick)
        </button>
        <button type="button" class="quiet" onClick={() => state.backToProgram()}>
          Back to the program
        </button>
      </div>
      <div role="status" class={verdict === undefined ? '' : `verdict ${isPassed ? 'passed' : 'failed'}`}>
        {verdict !== undefined && <Prose text={`${isPassed ? '✓' : '✕'} ${verdict.message}`} />}
        {verdict !== undefined && !isPassed && <p>The picture shows that very run.</p>}
        {isPassed && state.sawSolution.value && (
          <p>You have seen the solution, so there is no tick: begin again, and write it yourself.</p>
        )}
      </div>
    </div>
  )
}

function Predict({ state }: Props): JSX.Element {
  const { prediction } = state.lesson.value!
  const typed = useSignal('')
  const answer = (event: Event): void => {
    event.preventDefault()
    if (typed.value !== '') state.predict(typed.value)
  }
  return (
    <div class="predict">
      <h2>Before it runs</h2>
      <Prose text={prediction.text} />
      {prediction.kind === 'output' ? (
        <ul>
          {prediction.choices.map((choice) => (
            <li key={choice}>
              <button type="button" class="choice" onClick={() => state.predict(choice)}>
                <pre>{choice}</pre>
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <form onSubmit={answer}>
          <label>
            {prediction.kind === 'time' ? 'after how many ms? ' : 'line '}
            <input
              type="number"
              min="0"
              required
              value={typed.value}
              onInput={(event) => (typed.value = event.currentTarget.value)}
            />
          </label>
          <button type="submit" class="primary">
            That is my guess
          </button>
        </form>
      )}
      <button type="button" class="quiet" onClick={() => state.predict(undefined)}>
        I would rather just watch
      </button>
    </div>
  )
}

function Run({ state }: Props): JSX.Element {
  if (state.pictureHidden.value) {
    return (
      <div class="predict">
        <button type="button" class="primary" onClick={() => (state.pictureHidden.value = false)}>
          show the picture
        </button>
      </div>
    )
  }
  return (
    <>
      <RunBy state={state} />
      <div class="stage">
        <Picture state={state} />
        <Controls state={state} />
      </div>
      <Outcome state={state} />
      <Exercise state={state} />
      <div class="tell">
        <Sentence state={state} />
        <Output state={state} />
      </div>
      <div class="below">
        <Account state={state} />
        <TaskTable state={state} />
        <Beside state={state} />
      </div>
    </>
  )
}

/** What has happened up to the cursor; at the end, the run in a sentence. */
function Sentence({ state }: Props): JSX.Element {
  const isEmpty = state.recording.value.rows.length === 0
  const isAtEnd = state.stop.value >= state.story.value.stops.length - 1
  const past = state.account.value.filter(({ row }) => row <= state.row.value)
  return (
    <p class="sentence">
      {state.isOutdated.value && <em>The program cannot be parsed at the moment. {!isEmpty && 'Its last run: '}</em>}
      {isAtEnd
        ? (!state.isOutdated.value || !isEmpty) && state.summary.value
        : past.slice(-4).map(({ row, text }, n, all) => (
            <span key={row} class={n === all.length - 1 ? 'now-said' : ''}>
              {text}.{' '}
            </span>
          ))}
    </p>
  )
}

/** Selects the run to show if a lesson has several. */
function RunBy({ state }: Props): JSX.Element | null {
  const recordings = state.lesson.value?.recordings ?? []
  if (recordings.length === 0 || state.exercising.value) return null
  return (
    <fieldset class="run-by">
      <legend>the spinner runs</legend>
      {[{ name: '', label: 'here' }, ...recordings].map(({ name, label }) => (
        <button
          key={name}
          type="button"
          aria-pressed={state.recordedBy.value === name}
          onClick={() => state.showRecorded(name)}
        >
          {label}
        </button>
      ))}
    </fieldset>
  )
}

/** What the run said about the guess, and what it means. It stays while the learner changes the program. */
function Outcome({ state }: Props): JSX.Element | null {
  const lesson = state.lesson.value
  const outcome = state.outcome.value
  if (lesson === undefined || outcome === undefined || state.exercising.value) return null
  const { guess, truth } = outcome
  const isRight = guess?.trim() === truth
  const isShort = !truth.includes('\n')
  return (
    <div class={`outcome ${guess === undefined ? '' : isRight ? 'passed' : 'failed'}`}>
      {guess !== undefined && (
        <p role="status">
          <strong>{isRight ? '✓ The run confirms your guess.' : '✕ The run refutes your guess.'}</strong>
          {!isRight && isShort && ` You said ${guess}; it is ${truth}.`}
        </p>
      )}
      {guess !== undefined && !isRight && !isShort && (
        <div class="against">
          {(
            [
              ['You said', guess, truth],
              ['It prints', truth, guess],
            ] as const
          ).map(([title, text, other]) => (
            <div key={title}>
              <h3>{title}</h3>
              <ol>
                {text.split('\n').map((line, n) => (
                  <li key={`${n} ${line}`} class={line === other.split('\n')[n] ? '' : 'differs'}>
                    {line}
                  </li>
                ))}
              </ol>
            </div>
          ))}
        </div>
      )}
      <Prose text={lesson.why} />
      <Prose text={`**Change it:** ${lesson.change}`} />
    </div>
  )
}

function Picture({ state }: Props): JSX.Element {
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
  // The names of the lanes stay in view.
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
    const x = event.clientX - svg.getBoundingClientRect().left
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
      <Legend state={state} />
    </div>
  )
}

/** Of what has not happened yet, the picture has neither the name of a Task nor a text. */
function hideTheFuture(state: LabState, picture: Element): void {
  const show = (element: Element | null | undefined, row: number): void =>
    element?.setAttribute('visibility', row <= state.row.value ? 'visible' : 'hidden')
  for (const circle of picture.querySelectorAll('circle[data-row]')) {
    const row = Number(circle.getAttribute('data-row'))
    for (const each of [circle.previousElementSibling, circle, circle.nextElementSibling]) show(each, row)
  }
  const names = [...picture.querySelectorAll('.names text')]
  const { lanes } = state.story.value
  const prints = state.recording.value.rows.findIndex(({ kind }) => kind === 'print')
  if (names.length !== lanes.length + (prints === -1 ? 0 : 1)) return // not all lanes are drawn
  const births = [...lanes.map(({ segments }) => segments[0]?.from ?? 0), prints]
  for (const [n, name] of names.entries()) show(name, births[n]!)
}

/** The position of the cursor. After the last step, nothing is faint. */
function xAt(state: LabState, xs: readonly number[]): number {
  const isLast = state.stop.value >= state.story.value.stops.length - 1
  return isLast ? state.drawing.value.width - 8 : (xs[state.row.value] ?? 0)
}

function Legend({ state }: Props): JSX.Element {
  return (
    <details class="legend">
      <summary>what the shapes mean</summary>
      <ul>
        {legend(state.dark.value ? 'dark' : 'light').map(({ svg, text }) => (
          <li key={text}>
            <span class="sample" dangerouslySetInnerHTML={{ __html: svg }} />
            {text}
          </li>
        ))}
      </ul>
    </details>
  )
}

function Controls({ state }: Props): JSX.Element {
  const last = Math.max(0, state.story.value.stops.length - 1)
  const at = state.stop.value
  const item = state.account.value.find(({ row }) => row === state.row.value)
  const isPlaying = state.playing.value
  const buttons: readonly (readonly [text: string, act: () => void, isOff: boolean, kind: string])[] = [
    ['Step back', () => state.step(-1), at === 0, ''],
    [isPlaying ? 'Pause' : 'Play', () => (isPlaying ? state.pause() : state.play()), last === 0, 'primary'],
    ['Next step', () => state.step(1), at === last, ''],
    ['To the start', () => state.seek(0), at === 0, 'quiet'],
    ['To the end', () => state.seek(last), at === last, 'quiet'],
    ['Last cancel', () => state.step(-1, 'cancel'), !state.cancels.value, 'quiet'],
    ['Next cancel', () => state.step(1, 'cancel'), !state.cancels.value, 'quiet'],
  ]
  return (
    <div class="controls">
      <fieldset class="buttons" aria-label="steps">
        {buttons.map(([text, act, isOff, kind]) => (
          <button key={text} type="button" class={kind} disabled={isOff} onClick={act}>
            {text}
          </button>
        ))}
        <span class="time">{item === undefined ? '' : `${Math.round(item.time * 100) / 100} ms`}</span>
      </fieldset>
      <input
        type="range"
        min="0"
        max={last}
        value={at}
        aria-label="position in the run"
        aria-valuetext={item === undefined ? `step ${at}` : `step ${at + 1} of ${last + 1}: ${item.text}`}
        onInput={(event) => state.seek(Number(event.currentTarget.value))}
      />
      <p class="now" role="status">
        {item === undefined ? '' : `${item.text}${item.line > 0 ? ` (line ${item.line})` : ''}`}
      </p>
    </div>
  )
}

function Output({ state }: Props): JSX.Element {
  const rows = state.output.value
  return (
    <section class="output">
      <h3>It prints</h3>
      <pre>{rows.length === 0 ? ' ' : rows.map(({ text }) => text).join('\n')}</pre>
    </section>
  )
}

const MAX_ITEMS = 300

function Account({ state }: Props): JSX.Element {
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

function TaskTable({ state }: Props): JSX.Element {
  return (
    <section class="tasks">
      <h3>The Tasks, here</h3>
      <table>
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col">state</th>
            <th scope="col">line</th>
          </tr>
        </thead>
        <tbody>
          {state.tasks.value.slice(0, 50).map(({ task, name, state: doing, line }) => (
            <tr key={task}>
              <th scope="row">{name}</th>
              <td>{doing}</td>
              <td>{line > 0 ? line : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Beside({ state }: Props): JSX.Element | null {
  const lesson = state.lesson.value
  if (lesson === undefined) return null
  const by = state.recordedBy.value
  const source = state.recordedRuns.get(by)?.source
  return (
    <details class="python" open={by !== ''}>
      <summary>{source === undefined ? 'The same in Python’s asyncio' : 'The program of this run'}</summary>
      <pre>{source ?? lesson.python}</pre>
    </details>
  )
}
