import { endStoppedCallback, Stopped } from './stoppable.ts'

// As they were when this module was loaded, before a test put fake ones in their place.
const { setTimeout, setImmediate } = globalThis as unknown as Record<
  'setTimeout' | 'setImmediate',
  (callback: () => void) => unknown
>
const afterHostTurn = setImmediate ?? setTimeout

/**
 * Continues the work in turns of the host, each as a separate callback, because only there can microtasks run.
 * @param call calls each turn
 */
export function inHostTurns<R>(work: Generator<void, R>, call = <T>(turn: () => T): T => turn()): Promise<R> {
  return new Promise((resolve, reject) => {
    const turn = (): void => {
      try {
        const step = call(() => work.next())
        if (step.done === true) resolve(step.value)
        else afterHostTurn(turn)
      } catch (error) {
        reject(error)
        if ((error as { cause?: unknown } | null)?.cause instanceof Stopped) endStoppedCallback()
      }
    }
    afterHostTurn(turn) // a running loop must end its iteration before explore() may block the thread
  })
}
