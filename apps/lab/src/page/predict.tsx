import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { say } from '../language/say.ts'
import { Button } from './button.tsx'
import type { LabProps } from './lab-props.ts'
import { Prose } from './prose.tsx'

export function Predict({ state }: LabProps): JSX.Element {
  const { prediction, language } = state.lesson.value!
  const typed = useSignal('')
  const answer = (event: Event): void => {
    event.preventDefault()
    if (typed.value !== '') state.predict(typed.value)
  }
  return (
    <div class="predict">
      <h2>{say('Before it runs')}</h2>
      <Prose text={prediction.text} lang={language} />
      {prediction.kind === 'output' ? (
        <ul>
          {prediction.choices.map((choice) => (
            <li key={choice}>
              <Button text={<pre>{choice}</pre>} kind="choice" act={() => state.predict(choice)} />
            </li>
          ))}
        </ul>
      ) : (
        <form onSubmit={answer}>
          <label>
            {say('after how many ms?')}{' '}
            <input
              type="number"
              min="0"
              required
              value={typed.value}
              onInput={(event) => (typed.value = event.currentTarget.value)}
            />
          </label>
          <button type="submit" class="primary">
            {say('That is my guess')}
          </button>
        </form>
      )}
      <Button text="I would rather just watch" kind="quiet" act={() => state.predict(undefined)} />
    </div>
  )
}

export function Outcome({ state }: LabProps): JSX.Element | null {
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
          <strong>{say(isRight ? '✓ The run confirms your guess.' : '✕ The run refutes your guess.')}</strong>
          {!isRight && isShort && (
            <>
              {' '}
              {say('You said')} <del>{guess}</del>. {say('It is')} <b>{truth}</b>.
            </>
          )}
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
              <h3>{say(title)}</h3>
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
      <Prose text={lesson.why} lang={lesson.language} />
      <Prose text={`**${say('Change it:')}** ${lesson.change}`} lang={lesson.language} />
    </div>
  )
}
