import type { JSX } from 'preact'
import { say, type Text } from '../language/say.ts'

interface ButtonProps {
  /** A text of the page, which is translated, or anything else. */
  readonly text: Text | JSX.Element
  readonly act: () => unknown
  /** Its class. */
  readonly kind?: string | undefined
  readonly isOff?: boolean | undefined
  /** undefined: it is not a switch. */
  readonly isPressed?: boolean | undefined
  readonly isCurrent?: boolean | undefined
}

export function Button({ text, act, kind, isOff, isPressed, isCurrent }: ButtonProps): JSX.Element {
  const current = isCurrent ? 'page' : undefined
  return (
    <button type="button" class={kind} disabled={isOff} aria-pressed={isPressed} aria-current={current} onClick={act}>
      {typeof text === 'string' ? say(text) : text}
    </button>
  )
}
