// The instrument "Task | Thread": one spinner, written twice, and one handle for the moment of the stop. All of it,
// with both programs, fits the 1024 × 768 of a projector.

import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { say, spoken, type Text } from '../language/say.ts'
import { Button } from '../page/button.tsx'
import { drawCourse, type Scale, SPAN } from './draw-course.ts'
import { POINTS, type Point } from './points.ts'
import { KINDS, type Kind, MODES, type Mode, type Place, type ProgramRow, programRows, STOPS } from './programs.ts'
import { type Course, type Courses, coursesAt, STARTS } from './recorded.ts'
import { sentenceOf } from './sentence.ts'
import type { Settings } from './settings.ts'

const NEVER = Number.POSITIVE_INFINITY
const FIRST = STOPS[0]!
const LAST = STOPS.at(-1)!
const HEADS: Record<Kind, readonly [name: string, threads: Text]> = {
  task: ['Task', 'one thread for both'],
  thread: ['Thread', 'a thread each'],
  promise: ['Promise', 'one thread for both'],
}
const SAYS: Record<Mode, Text> = {
  looks: 'sleeps, then looks',
  event: 'waits for the Event',
  never: 'does not look',
  computes: 'computes, both of them',
}
const pointNames = Object.keys(POINTS) as Point[]

/** The state of the screen. */
interface View {
  readonly stop: number
  readonly mode: Mode
  /** How each spinner ends. */
  readonly courses: Courses
  /** The word whose meaning is marked. */
  readonly point: Point | undefined
  readonly scale: Scale
  /** Up to when the run is shown, in ms: Infinity, unless it is played. */
  readonly cursor: number
  readonly isStill: boolean
}

interface RowProps {
  readonly kind: Kind
  readonly view: View
}

export function TaskThread({ stop: first, thread, promise, point: ringed }: Settings): JSX.Element {
  const [stop, setStop] = useState(first)
  const [mode, setMode] = useState(thread)
  const [point, setPoint] = useState(ringed)
  const [byPoint, setByPoint] = useState(ringed !== undefined)
  const [withPromise, setWithPromise] = useState(promise)
  const [isSlow, setSlow] = useState(false)
  const [width, setWidth] = useState(1150)
  const box = useRef<HTMLElement>(null)
  const isStill = useMemo(() => matchMedia('(prefers-reduced-motion: reduce)').matches, [])
  const { cursor, play } = usePlay(isSlow ? 0.25 : 1, isStill)

  useLayoutEffect(() => {
    const element = box.current!
    const measure = (): void => setWidth(element.clientWidth)
    measure()
    const sizes = new ResizeObserver(measure)
    sizes.observe(element)
    return () => sizes.disconnect()
  }, [])
  useKeys((key) => {
    const [, step = 0] = [['ArrowLeft', -10] as const, ['ArrowRight', 10] as const].find(([name]) => name === key) ?? []
    const chosen = MODES[Number(key) - 1]
    if (key === ' ') play()
    else if (step !== 0) setStop((at) => Math.min(LAST, Math.max(FIRST, at + step)))
    else if (chosen !== undefined) setMode(chosen)
    else return false
    return true
  })

  const isNarrow = width < 600
  const zoom = isNarrow ? 1 : 1.1
  const left = isNarrow ? 98 : 118
  const scale = { left, isNarrow, width: width / zoom, unit: (width / zoom - left - (isNarrow ? 26 : 92)) / SPAN }
  const x = (time: number): string => `${(left + time * scale.unit) * zoom}px`
  const courses = useMemo(() => coursesAt(stop, mode), [stop, mode])
  const view = { stop, mode, courses, point, scale, cursor, isStill }
  const kinds = withPromise ? KINDS : KINDS.slice(0, 2)
  const style = {
    '--first': x(FIRST),
    '--last': x(LAST),
    '--stop': x(stop),
    '--cursor': x(Math.min(cursor, SPAN + 90)),
  }
  return (
    <section class="task-thread" lang={spoken()} style={style} ref={box} aria-label={say('Task and thread')}>
      <div class="rail">
        <h2>{say('Say stop. When is it over?')}</h2>
        {[0, 200, 400, 600, 800, 1000].map((time) => (
          <span key={time} class="tick" style={{ left: x(time) }} aria-hidden="true">
            {time === 0 ? '0 ms' : time}
          </span>
        ))}
        <input
          type="range"
          min={FIRST}
          max={LAST}
          step={10}
          value={stop}
          aria-label={say('Stop at, in milliseconds')}
          aria-valuetext={`${stop} ms`}
          onInput={(event) => setStop(event.currentTarget.valueAsNumber)}
        />
        <span class="handle" aria-hidden="true">
          ‹ <span>{say('stop at {} ms', stop)}</span> ›
        </span>
        <Button text={cursor === NEVER ? 'Play' : 'Skip'} kind="primary play" act={play} />
      </div>
      <div class={`pictures ${cursor < courses.task.asked ? 'unsaid' : ''}`}>
        {kinds.map((kind) => (
          <Row key={kind} kind={kind} view={view} />
        ))}
      </div>
      <div class="look">
        {byPoint ? (
          <fieldset class="points" aria-label={say('Task and thread, point by point')}>
            {pointNames.map((each) => (
              <Button
                key={each}
                text={POINTS[each].word}
                isPressed={point === each}
                act={() => setPoint(each === point ? undefined : each)}
              />
            ))}
          </fieldset>
        ) : (
          <fieldset class="modes" aria-label={say('Between two frames, the thread')}>
            {MODES.map((each) => (
              <Button key={each} text={SAYS[each]} isPressed={mode === each} act={() => setMode(each)} />
            ))}
          </fieldset>
        )}
        <Button text="Point by point" kind="quiet" isPressed={byPoint} act={() => setByPoint(!byPoint)} />
        <Button text="Slowly" kind="quiet" isPressed={isSlow} act={() => setSlow(!isSlow)} />
        <label>
          <input type="checkbox" checked={withPromise} onChange={() => setWithPromise(!withPromise)} />{' '}
          {say('and a promise')}
        </label>
      </div>
      {byPoint && (
        <div class="pair" aria-live="polite">
          {(['task', 'thread'] as const).map((kind) => (
            <p key={kind}>
              {point === undefined ? '' : `${HEADS[kind][0]}: ${say(POINTS[point][kind], STARTS[kind])}`}
            </p>
          ))}
        </div>
      )}
      <details open={innerWidth >= 720}>
        <summary>{say('The programs')}</summary>
        <div class={`columns of-${kinds.length}`}>
          {kinds.map((kind) => (
            <Program key={kind} kind={kind} view={view} />
          ))}
        </div>
      </details>
    </section>
  )
}

/** Calls `act` with each key that no control on the page is for. It returns whether the key was its own. */
function useKeys(act: (key: string) => boolean): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { key, target, ctrlKey, metaKey, altKey } = event
      const isTaken = target instanceof HTMLElement && target.closest('button, input, a, summary, [tabindex]') !== null
      if (!ctrlKey && !metaKey && !altKey && !isTaken && act(key)) event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })
}

function usePlay(speed: number, isStill: boolean): { readonly cursor: number; readonly play: () => void } {
  const [began, setBegan] = useState<number | undefined>(undefined)
  const [cursor, setCursor] = useState(NEVER)
  useEffect(() => {
    if (began === undefined) return setCursor(NEVER)
    let frame = requestAnimationFrame(function next(now) {
      const at = (now - began) * speed
      if (at > SPAN + 60) return setBegan(undefined)
      setCursor(Math.max(0, isStill ? at - (at % 200) : at)) // without motion, from one moment to the next
      frame = requestAnimationFrame(next)
    })
    return () => cancelAnimationFrame(frame)
  }, [began, speed])
  const play = (): void => {
    setBegan(began === undefined ? performance.now() : undefined)
    setCursor(began === undefined ? 0 : NEVER)
  }
  return { cursor, play }
}

function Row({ kind, view }: RowProps): JSX.Element {
  const { stop, mode, courses, point, scale, cursor } = view
  const course = courses[kind]
  const { says, because, tone } = sentenceOf(kind, course, stop, mode)
  const svg = useMemo(
    () => drawCourse({ kind, course, stop, mode, point }, scale, `${HEADS[kind][0]}. ${says} ${because}`),
    [kind, stop, mode, point, scale.width],
  )
  const isTold = cursor >= course.over || cursor === NEVER
  return (
    <section class={`row ${kind}`} aria-label={HEADS[kind][0]}>
      <div class="title">
        <h3>
          {HEADS[kind][0]} <small>{say(HEADS[kind][1])}</small>
        </h3>
        <p class={isTold ? tone : ''} aria-live="polite">
          <b>{isTold ? says : ''}</b> <span>{isTold ? because : cursor < stop ? '' : say('Stop has been said …')}</span>
        </p>
        <Terminal course={course} view={view} />
      </div>
      <div class="course-box" dangerouslySetInnerHTML={{ __html: svg }} />
    </section>
  )
}

/** The spinner itself, which turns until it has ended. */
function Terminal({ course, view }: { readonly course: Course; readonly view: View }): JSX.Element {
  const { frames, told, over } = course
  const { cursor, isStill, mode } = view
  const [beat, setBeat] = useState(0)
  const turnsOn = over === NEVER && cursor === NEVER && !isStill
  useEffect(() => {
    if (!turnsOn) return
    const timer = setInterval(() => setBeat((n) => n + 1), mode === 'computes' ? 250 : 100)
    return () => clearInterval(timer)
  }, [turnsOn, mode])
  const shown = frames.filter((at) => at <= cursor).length
  const isOver = cursor >= over && over < NEVER
  const frame = '|/-\\'[(turnsOn ? beat : Math.max(0, shown - 1)) % 4]
  const says = isOver ? '  over' : cursor >= told && told < over ? '  wiping' : `${frame} thinking!`
  return (
    <span class={`terminal ${isOver ? 'off' : ''}`} aria-hidden="true">
      {shown === 0 ? '' : says}
    </span>
  )
}

function Program({ kind, view: { stop, mode, point } }: RowProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it has to be reached by keyboard
    <section tabIndex={0} aria-label={say('The program of the {}', HEADS[kind][0])}>
      <pre>
        {programRows(stop, mode).map((row, n) => (
          <Line key={n} row={row} kind={kind} mark={markOf(row.place, kind, mode, point)} />
        ))}
      </pre>
    </section>
  )
}

type Mark = readonly [kind: 'told' | 'looks' | 'deaf' | 'ringed' | '', says?: string]

const WORDS = /(\/\/.*|\b(?:function\*?|yield\*|const|new|try|finally|for|of|if|break|async|await)(?!\w))/

function Line({
  row,
  kind,
  mark,
}: {
  readonly row: ProgramRow
  readonly kind: Kind
  readonly mark: Mark
}): JSX.Element {
  const text = row.lines[kind]
  const parts = text.split(WORDS)
  const [marked, says] = mark
  return (
    <span class={`line ${text === '' ? 'none' : marked}`}>
      <code>
        {parts.map((part, n) => (n % 2 === 0 ? part : part.startsWith('//') ? <i>{part}</i> : <b>{part}</b>))}
      </code>
      {says !== undefined && <em>{says}</em>}
    </span>
  )
}

/** Marks the line where the spinner learns of the stop, or the lines that a word is about. */
function markOf(place: Place | '', kind: Kind, mode: Mode, point: Point | undefined): Mark {
  if (place === '') return ['']
  // A thread that waits for the Event looks where it waits.
  const looksAt = mode === 'event' ? 'pause' : 'look'
  if (point !== undefined) {
    const places = kind === 'promise' ? [] : POINTS[point].lines[kind]
    return [
      places.includes(place) || (places.includes('look') && kind === 'thread' && place === looksAt) ? 'ringed' : '',
    ]
  }
  if (kind === 'task') return place === 'pause' ? ['told', say('the error comes out here')] : ['']
  if (kind === 'promise') return [place === 'stop' ? 'deaf' : '']
  if (mode === 'never') return place === 'look' ? ['deaf'] : place === 'join' ? ['deaf', say('forever')] : ['']
  return place === looksAt ? ['looks', mode === 'event' ? say('wakes here') : say('looks here')] : ['']
}
