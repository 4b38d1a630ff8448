import { fromModule } from 'spindle/thread'
import { type ClientPort, OwnerPort } from '../../packages/distributed/src/redis/client-thread.ts'

/** A client that sends two messages at once. */
export async function sendTwo(options: ClientPort): Promise<void> {
  const owner = new OwnerPort<never, string>(options, () => {})
  owner.post('first')
  owner.post('second')
}

fromModule(import.meta, sendTwo)
