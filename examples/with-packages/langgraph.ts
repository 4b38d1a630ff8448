// A graph of LangGraph whose node asks a model and cleans up. Look at: node, an asyncFunction() that is cancelled by
// the signal of its config; and the group, which waits for it: invoke() itself returns at once.
// Recipe for @langchain/langgraph: the signal of the call, and the end of the nodes
// Write: `asyncFunction(group, …, { signal })` as node
// Run: npx tsx examples/with-packages/langgraph.ts     with --stops 1000, for example
// Prints: an answer, and what stops at random moments leave     Next: openai_agents.ts
import { Annotation, END, type LangGraphRunnableConfig, START, StateGraph } from '@langchain/langgraph'
import { type Coroutine, call, sleep, type TaskGroup, taskGroup, uncancellable } from 'spindle'
import { asyncFunction, runMain } from 'spindle/node'
import { stopped } from '../support/stopped.ts'

const State = Annotation.Root({ question: Annotation<string>, answer: Annotation<string> })
let open = 0

function* think({ question }: typeof State.State): Coroutine<{ answer: string }> {
  open++
  try {
    yield* sleep(10)
    return { answer: `${question}? I have looked at it.` }
  } finally {
    yield* uncancellable(() => sleep(5))
    open--
  }
}

type Node = (state: typeof State.State, config: LangGraphRunnableConfig) => Promise<{ answer: string }>

const graphOf = (node: Node) =>
  new StateGraph(State).addNode('think', node).addEdge(START, 'think').addEdge('think', END).compile()

function* ask(question: string): Coroutine<string> {
  return yield* taskGroup(function* (group: TaskGroup) {
    const graph = graphOf((state, { signal }) => asyncFunction(group, () => think(state), { signal })())
    const { answer } = yield* call((signal) => graph.invoke({ question }, { signal }))
    return answer
  })
}

/** In plain TypeScript: the node is not told, or it has to look at the signal itself. */
async function askPlain(question: string, signal: AbortSignal): Promise<string> {
  const graph = graphOf(async (state) => {
    open++
    await new Promise((resolve) => setTimeout(resolve, 10))
    await new Promise((resolve) => setTimeout(resolve, 5))
    open--
    return { answer: `${state.question}? I have looked at it.` }
  })
  return (await graph.invoke({ question }, { signal })).answer
}

await runMain(
  stopped({
    spindle: () => ask('What is a spindle'),
    plain: (signal) => askPlain('What is a spindle', signal),
    held: () => open,
  }),
)
