import { print } from '../futures/calls.fixture.ts'
import { isMain, Thread } from '../index.ts'

if (isMain(import.meta)) {
  const thread = new Thread({ target: print, args: ['unseen'], stdio: 'ignore' })
  thread.start()
  thread.join()
  console.log('done')
}
