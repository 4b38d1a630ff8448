// A worker that ends silently while the main thread blocks in join().
import { Thread } from 'spindle/thread'

export function vanishes(): void {
  process.removeAllListeners('exit')
  process.exit(1)
}

export function show(): void {
  const thread = new Thread({ target: vanishes })
  thread.start()
  thread.join()
  console.log(`alive: ${thread.isAlive()}`)
}
