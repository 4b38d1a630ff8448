// Starts a thread without checking isMain(): at once, or after a wait.
import { Thread } from 'spindle/thread'

export function work(): void {
  console.log('works')
}

async function main(): Promise<void> {
  if (process.env['LATER'] !== undefined) await new Promise((resolve) => setTimeout(resolve, 20))
  console.log('main')
  const thread = new Thread({ target: work })
  thread.start()
}

if (process.env['LATER'] === undefined) await main()
else void main()
