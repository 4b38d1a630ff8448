// A run and its cursor: everything that the page shows of the run is computed from the two.

import { computed, type ReadonlySignal, signal } from '@preact/signals'
import { diagnose, draw, type Recording, replay, summary, toAccount, toStory, whatWoke } from '@spindle/inspect'
import { retell } from '../language/say.ts'
import { tasksIn } from './tasks-in.ts'

const BEAT = 420

export abstract class RunView {
  abstract readonly recording: ReadonlySignal<Recording>
  /** An index into the stops of the story. */
  readonly stop = signal(0)
  readonly playing = signal(false)
  #beat: ReturnType<typeof setTimeout> | undefined
  readonly dark = signal(matchMedia('(prefers-color-scheme: dark)').matches)
  readonly story = computed(() => toStory(this.recording.value))
  readonly account = computed(() => toAccount(this.recording.value))
  readonly summary = computed(() => summary(this.recording.value))
  readonly #problems = computed(() => diagnose(this.recording.value))
  /** The problem of the run, from the row at which it is certain. */
  readonly problem = computed(() => this.#problems.value.findLast(({ row }) => row <= this.row.value)?.text)
  readonly cancels = computed(() => this.recording.value.rows.some(({ kind }) => kind === 'cancelling'))
  readonly isAtEnd = computed(() => this.stop.value >= this.story.value.stops.length - 1)
  readonly row = computed(() => this.story.value.stops[this.stop.value] ?? 0)
  /** Redrawn only when the cursor leaves the part that is drawn. */
  readonly #drawnAround = computed(() =>
    this.recording.value.rows.length > 420 ? Math.floor(this.row.value / 210) * 210 : 0,
  )
  /** Whether the picture has true time, rather than one step for each event. */
  readonly trueTime = signal(false)
  /** The Task whose causes are shown alone; 0: none. */
  readonly focused = signal(0)
  readonly drawing = computed(() => {
    const focus = this.story.value.lanes.some(({ task }) => task === this.focused.value) ? this.focused.value : 0
    const { rows } = this.recording.value
    const span = this.trueTime.value ? (rows.at(-1)?.time ?? 0) - (rows[0]?.time ?? 0) : 0
    return draw(this.recording.value, {
      cursor: this.#drawnAround.value,
      theme: 'page',
      title: this.summary.value,
      words: retell,
      ...(span > 0 && { span, width: 730 }), // fits the page at 1280 px
      ...(focus > 0 && { focus }),
    })
  })
  readonly output = computed(() =>
    this.recording.value.rows.slice(0, this.row.value + 1).flatMap((row) => (row.kind === 'print' ? [row] : [])),
  )
  readonly #replay = computed(() => replay(this.recording.value))
  readonly tasks = computed(() => tasksIn(this.#replay.value, this.row.value))

  /** Why the Task at the cursor ran; the cursor goes back to what made it ready. */
  readonly waker = signal('')

  showWaker(): void {
    const waker = whatWoke(this.#replay.value, this.row.value)
    if (waker !== undefined) this.seekRow(waker.row)
    this.waker.value = waker?.text ?? 'No earlier event of this run woke it'
  }

  focus(task: number): void {
    this.focused.value = this.focused.value === task ? 0 : task
  }

  play(): void {
    if (this.isAtEnd.value) this.seek(0)
    this.playing.value = true
    const next = (): void => {
      const mayGoOn = this.move(this.stop.value + 1)
      if (!mayGoOn || this.isAtEnd.value) this.pause()
      else this.#beat = setTimeout(next, BEAT)
    }
    this.#beat = setTimeout(next, BEAT)
  }

  pause(): void {
    clearTimeout(this.#beat)
    this.playing.value = false
  }

  seek(stop: number): void {
    this.pause()
    this.move(stop)
  }

  /** Sets the cursor. Returns whether a run that plays may continue. */
  protected move(stop: number): boolean {
    this.waker.value = ''
    this.stop.value = Math.min(Math.max(0, stop), Math.max(0, this.story.value.stops.length - 1))
    return true
  }

  /** Moves to the stop at a row, or to the last stop before it. */
  seekRow(row: number): void {
    const { stops } = this.story.value
    let stop = 0
    while (stop + 1 < stops.length && stops[stop + 1]! <= row) stop++
    this.seek(stop)
  }

  step(by: 1 | -1, unit: 'event' | 'time' | 'cancel' = 'event'): void {
    const { stops } = this.story.value
    const { rows } = this.recording.value
    let at = this.stop.value + by
    const time = rows[this.row.value]?.time
    const isThere = (): boolean => {
      const row = rows[stops[at]!]
      return unit === 'event' || row === undefined || (unit === 'time' ? row.time !== time : row.kind === 'cancelling')
    }
    while (at >= 0 && at < stops.length && !isThere()) at += by
    if (unit === 'cancel' && rows[stops[at]!] === undefined) return
    this.seek(at)
  }
}
