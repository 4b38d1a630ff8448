import type { JSX } from 'preact'
import { retell, say, type Text } from '../language/say.ts'
import { Button } from './button.tsx'
import type { LabProps } from './lab-props.ts'
import { Legend } from './picture.tsx'

export function Controls({ state }: LabProps): JSX.Element {
  const last = Math.max(0, state.story.value.stops.length - 1)
  const at = state.stop.value
  const item = state.account.value.find(({ row }) => row === state.row.value)
  const isPlaying = state.playing.value
  const button = (text: Text, act: () => void, isOff: boolean, kind = ''): JSX.Element => (
    <Button text={text} kind={kind} isOff={isOff} act={act} />
  )
  return (
    <div class="controls">
      <fieldset class="buttons" aria-label={say('steps')}>
        {button('Step back', () => state.step(-1), at === 0)}
        {button(isPlaying ? 'Pause' : 'Play', () => (isPlaying ? state.pause() : state.play()), last === 0, 'primary')}
        {button('Next step', () => state.step(1), at === last)}
      </fieldset>
      <input
        type="range"
        min="0"
        max={last}
        value={at}
        aria-label={say('position in the run')}
        aria-valuetext={say('step {} of {}', at + 1, last + 1) + (item === undefined ? '' : `: ${retell(item.text)}`)}
        onInput={(event) => state.seek(Number(event.currentTarget.value))}
      />
      <details>
        <summary>{say('More steps')}</summary>
        {button('To the start', () => state.seek(0), at === 0, 'quiet')}
        {button('To the end', () => state.seek(last), at === last, 'quiet')}
        {button('Last cancel', () => state.step(-1, 'cancel'), !state.cancels.value, 'quiet')}
        {button('Next cancel', () => state.step(1, 'cancel'), !state.cancels.value, 'quiet')}
        {button('What woke it?', () => state.showWaker(), at === 0, 'quiet')}
      </details>
      <Legend />
    </div>
  )
}
