import type { JSX } from 'preact'
import { Button } from './button.tsx'
import type { LabProps } from './lab-props.ts'

export function Controls({ state }: LabProps): JSX.Element {
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
    ['What woke it?', () => state.showWaker(), at === 0, 'quiet'],
    ['Next cancel', () => state.step(1, 'cancel'), !state.cancels.value, 'quiet'],
  ]
  return (
    <div class="controls">
      <fieldset class="buttons" aria-label="steps">
        {buttons.map(([text, act, isOff, kind]) => (
          <Button key={text} text={text} kind={kind} isOff={isOff} act={act} />
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
        {state.waker.value !== '' && `${state.waker.value}. `}
        {item === undefined ? '' : `${item.text}${item.line > 0 ? ` (line ${item.line})` : ''}`}
      </p>
    </div>
  )
}
