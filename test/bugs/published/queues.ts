// Races in queues.

import { must, type PublishedRace, wait } from './race.ts'

interface PQueues {
  readonly default: new (
    options: object,
  ) => {
    add(fn: () => Promise<unknown>, options?: { readonly signal: AbortSignal }): Promise<unknown>
    onSizeLessThan(limit: number): Promise<void>
    pause(): void
    start(): void
  }
}

interface FastQueues {
  readonly default: {
    promise(
      work: () => Promise<void>,
      concurrency: number,
    ): { push(task: number): Promise<void>; drained(): Promise<void> }
  }
}

interface Retries {
  default(work: () => Promise<void>, options: object): Promise<void>
}

interface Queuers {
  readonly AsyncQueuer: new (
    work: (item: string) => Promise<void>,
    options: object,
  ) => { addItem(item: string): boolean; stop(): void }
}

export const queues: readonly PublishedRace[] = [
  {
    name: 'a call that is aborted while it is queued is told when its turn has come',
    source: 'sindresorhus/p-queue#241',
    broken: 'p-queue-9.1.0',
    fixed: 'p-queue-9.1.1',
    async program({ default: PQueue }: PQueues, { signal }) {
      const queue = new PQueue({ concurrency: 1 })
      let isTold = false
      const look = (): void => must(isTold, 'the call is not told')
      signal.addEventListener('abort', () => void setImmediate(look))
      const first = queue.add(() => wait(10))
      const second = queue.add(() => wait(5), { signal }).catch(() => {})
      await Promise.all([first, second.then(() => (isTold = true))])
    },
  },
  {
    name: 'a call that is aborted before its turn counts among those of the interval',
    source: 'sindresorhus/p-queue#220',
    broken: 'p-queue-8.1.0',
    fixed: 'p-queue-8.1.1',
    async program({ default: PQueue }: PQueues, { signal }) {
      const queue = new PQueue({ concurrency: 1, interval: 1_000, intervalCap: 2 })
      let [calls, endOfFirst, startOfThird] = [0, 0, 0]
      const call = async (): Promise<void> => {
        calls++
        await wait(10)
      }
      const first = queue.add(call).then(() => (endOfFirst = performance.now()))
      const second = queue.add(call, { signal }).catch(() => {})
      const third = queue.add(async () => {
        startOfThird = performance.now()
        await call()
      })
      await Promise.all([first, second, third])
      must(calls === 3 || startOfThird - endOfFirst < 500, 'the third waits, and one call was made')
    },
  },
  {
    name: 'a wait for a short queue does not end when it starts again',
    source: 'sindresorhus/p-queue#249',
    broken: 'p-queue-9.3.0',
    fixed: 'p-queue-9.3.1',
    async program({ default: PQueue }: PQueues) {
      const queue = new PQueue({ concurrency: 1 })
      let resumed = 0
      setTimeout(() => {
        queue.pause()
        setTimeout(() => {
          resumed = performance.now()
          queue.start()
        }, 30)
      }, 12)
      const use = async (): Promise<void> => {
        await wait(10)
        await queue.add(() => wait(1_000))
      }
      let longest = 0
      const look = async (): Promise<void> => {
        await wait(15)
        const start = performance.now()
        await queue.onSizeLessThan(1)
        longest = performance.now() - Math.max(start, resumed)
      }
      await Promise.all([use(), look()])
      must(longest < 500, `the queue is empty, and that is not told for ${longest} ms`)
    },
  },
  {
    name: 'a call of a new interval waits, if the last one of the old interval came late',
    source: 'sindresorhus/p-queue#251',
    broken: 'p-queue-9.3.2',
    fixed: 'p-queue-9.3.3',
    async program({ default: PQueue }: PQueues) {
      const queue = new PQueue({ interval: 1_000, intervalCap: 2 })
      const calls: number[] = []
      let waited = 0
      const call = async (after: number): Promise<void> => {
        await wait(after)
        const arrived = performance.now()
        const isFree = calls.filter((at) => at > arrived - 1_000).length < 2
        await queue.add(async () => {
          calls.push(performance.now())
          if (isFree) waited = Math.max(waited, performance.now() - arrived)
        })
      }
      await Promise.all([call(0), call(200), call(1_100)])
      must(waited < 500, `a call waits for ${waited} ms`)
    },
  },
  {
    name: 'a wait for the end of all tasks never ends, if they have ended before',
    source: 'mcollina/fastq#63',
    broken: 'fastq-1.14.0',
    fixed: 'fastq-1.15.0',
    async program({ default: fastq }: FastQueues) {
      const queue = fastq.promise(() => wait(10), 1)
      void queue.push(1)
      void queue.push(2)
      await wait(5)
      await queue.drained()
    },
  },
  {
    name: 'an abort during an attempt is told after the next delay only',
    source: 'sindresorhus/p-retry#97',
    broken: 'p-retry-7.1.0',
    fixed: 'p-retry-7.1.1',
    async program({ default: retry }: Retries, { signal }) {
      let abortedAt = Number.POSITIVE_INFINITY
      signal.addEventListener('abort', () => (abortedAt = performance.now()))
      const attempt = async (): Promise<void> => {
        await wait(10)
        throw new Error('it fails')
      }
      await retry(attempt, { signal, minTimeout: 10_000, retries: 2 }).catch(() => {})
      const late = performance.now() - abortedAt
      must(late < 1_000, `it is told ${late} ms late`)
    },
  },
  {
    name: 'an item that comes between two others does not wait for its time',
    source: 'TanStack/pacer#188',
    broken: 'pacer-0.21.1',
    fixed: 'pacer-0.22.0',
    async program({ AsyncQueuer }: Queuers) {
      const starts: number[] = []
      const work = async (): Promise<void> => {
        starts.push(performance.now())
        await wait(100)
      }
      const queuer = new AsyncQueuer(work, { concurrency: 1, wait: 1_000 })
      queuer.addItem('first')
      await wait(50)
      queuer.addItem('second')
      await wait(30_000)
      queuer.stop()
      const [first = 0, second = Number.POSITIVE_INFINITY] = starts
      must(second - first >= 1_000, `the second starts ${second - first} ms after the first`)
    },
  },
]
