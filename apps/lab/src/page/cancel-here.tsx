import type { JSX } from 'preact'
import { say } from '../language/say.ts'
import type { AwaitPoint } from '../transform/index.ts'
import type { LabProps } from './lab-props.ts'

export function CancelHere({ state }: LabProps): JSX.Element | null {
  const points = state.awaits.value
  if (points.length === 0 || state.exercising.value) return null
  const lines = state.source.value.split('\n')
  const { missed: unused = [] } = state.result.value ?? {}
  const isMissed = (point: AwaitPoint): boolean =>
    unused.some(({ function: name, nth }) => name === point.function && nth === point.nth)
  const missed = new Set(points.filter(isMissed).map(({ line }) => line))
  return (
    <details class="awaits" open={state.schedule.value.length > 0}>
      <summary>
        {say(points.length === 1 ? 'Cancel here: {} await' : 'Cancel here: {} awaits', points.length)}
        {state.schedule.value.length > 0 && `, ${say('{} chosen', state.schedule.value.length)}`}
      </summary>
      <p>{say('Cancels the Task when it first waits at that line. Twice: again, when it waits in its clean-up.')}</p>
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
                  aria-label={`${say(n === 1 ? 'cancel once at line {}' : 'cancel twice at line {}', point.line)}, ${point.function}: ${code}`}
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
            {say('No Task waits at line {} in this run, so nothing is cancelled there.', line)}
          </p>
        ))}
      </div>
    </details>
  )
}
