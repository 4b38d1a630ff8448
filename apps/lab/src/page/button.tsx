import type { ComponentChildren, JSX } from 'preact'
import { say } from '../language/say.ts'

interface ButtonProps {
  /** A string is translated. */
  readonly text: ComponentChildren
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
