// The exports of CPython's modules and their counterparts. The rule is the same name in camelCase. This list has the
// names that do not follow it.

export const MODULES = ['asyncio', 'contextvars', 'concurrent.futures', 'threading', 'queue'] as const

/** Where the names of a module are looked for, in this order. `spindle/thread#threading` is an object it exports. */
export const WHERE: Readonly<Record<(typeof MODULES)[number], readonly string[]>> = {
  asyncio: ['spindle', 'spindle/more', 'spindle/tools', 'spindle/node', 'spindle/thread'],
  contextvars: ['spindle', 'spindle/more'],
  'concurrent.futures': ['spindle/thread#concurrent', 'spindle/thread', 'spindle'],
  threading: ['spindle/thread#threading', 'spindle/thread', 'spindle'],
  queue: ['spindle/thread#threading', 'spindle'],
}

/** Types, which are not there at run time: each is exported by the file. */
export const TYPES: Readonly<Record<string, readonly string[]>> = {
  spindle: ['EventLoop', 'Handle', 'TimerHandle', 'Timeout', 'Token'],
  'spindle/node': ['Server'],
  'spindle/tools': ['FutureCallGraph', 'StackEntry'],
}

/** Here, under another name. */
export const RENAMED: Readonly<Record<string, string>> = {
  AbstractEventLoop: 'EventLoop',
  BaseEventLoop: 'EventLoop',
  SelectorEventLoop: 'EventLoop',
  AbstractServer: 'Server',
  FrameCallGraphEntry: 'StackEntry',
  iscoroutine: 'isCoroutine',
  iscoroutinefunction: 'isCoroutineFunction',
  isfuture: 'isFuture',
  Empty: 'QueueEmpty',
  Full: 'QueueFull',
  ShutDown: 'QueueShutDown',
}

/** Not here, and why. */
export const NOT_HERE: Readonly<Record<string, string>> = {
  'BaseProtocol BaseTransport BufferedProtocol DatagramProtocol DatagramTransport Protocol ReadTransport StreamReaderProtocol SubprocessProtocol SubprocessTransport Transport WriteTransport':
    'Transports and protocols are the layer below the streams. On Node that layer is `node:net` and `node:stream`.',
  SendfileNotAvailableError: 'Node exposes no descriptors for a loop to watch.',
  'get_event_loop_policy set_event_loop_policy':
    'Policies are deprecated, and Python 3.16 removes them. `run` and `Runner` take a `loopFactory`.',
  '_enter_task _get_running_loop _leave_task _register_task _set_running_loop _unregister_task':
    'For implementations of Task in C.',
  local: 'Threads share no variables: each thread has its own copy of a module’s.',
  'excepthook ExceptHookArgs': 'An exception of a thread is printed. To handle it, catch it in the target.',
  'getprofile gettrace setprofile setprofile_all_threads settrace settrace_all_threads stack_size':
    'Node has options for the stack, an inspector and a profiler.',
  ThreadError: 'An old name of `RuntimeError`.',
  TIMEOUT_MAX: 'The length of a wait is not limited.',
  'concurrent_tee serialize_iterator synchronized_iterator':
    'An iterator belongs to one thread. A `Queue` passes its items to others.',
  'queue.LifoQueue queue.PriorityQueue':
    'A queue between threads is bytes in shared memory, taken from the front. The queues of `spindle` sort what one thread takes out.',
  SimpleQueue: 'A `Queue` without a size is one.',
}

/** `call_soon_threadsafe` → `callSoonThreadsafe`; constants stay as they are. */
export function camelCase(name: string): string {
  return name === name.toUpperCase()
    ? name
    : name.replaceAll(/(?<=\w)_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

export type Found = { readonly name: string; readonly ours: string; readonly from: string } | undefined

/** What an import of `module` finds, by its names: `spindle`, or an object that a module exports. */
export async function exportsOf(place: string): Promise<ReadonlySet<string>> {
  const [module = '', object] = place.split('#')
  const found = await import(module)
  return new Set([...Object.keys(object === undefined ? found : found[object]), ...(TYPES[place] ?? [])])
}
