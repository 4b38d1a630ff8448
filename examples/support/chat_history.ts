// What providers of language models refuse: the strictest rules of OpenAI, Anthropic and Mistral together.

interface Message {
  readonly role: string
  readonly content?: unknown
  readonly tool_call_id?: string
  readonly tool_calls?: readonly {
    readonly id: string
    readonly function: { readonly name: string; readonly arguments: string }
  }[]
}

/** Says what is wrong with the messages of a request, if anything is. */
export function faultOf(messages: readonly Message[]): string | undefined {
  const open = new Set<string>()
  let before = 'nothing'
  for (const { role, content, tool_calls: calls, tool_call_id: id = '' } of messages) {
    if (role === 'system') continue
    if (role === 'tool') {
      if (!open.delete(id)) return `a result of the call '${id}', which is not among the calls before it`
    } else if (open.size > 0) {
      return `calls without a result: ${[...open]}`
    } else if (role === 'user') {
      if (before !== 'nothing' && before !== 'assistant') return `a question that follows ${before}`
      if (isEmpty(content)) return 'a question without text'
    } else if (role === 'assistant') {
      if (before !== 'user' && before !== 'tool') return `an answer that follows ${before}`
      if (isEmpty(content) && !calls?.length) return 'an answer without text and calls'
      for (const call of calls ?? []) {
        if (call.id === '' || call.function.name === '' || open.has(call.id)) return `a call without a name of its own`
        if (!isObject(call.function.arguments)) return `arguments that are no object: ${call.function.arguments}`
        open.add(call.id)
      }
    } else return `the role ${role}`
    before = role
  }
  if (open.size > 0) return `calls without a result: ${[...open]}`
  return before === 'user' || before === 'tool' ? undefined : `${before} at the end, which is no question`
}

function isEmpty(content: unknown): boolean {
  return content === undefined || content === null || content === '' || (Array.isArray(content) && content.length === 0)
}

function isObject(json: string): boolean {
  try {
    return typeof JSON.parse(json) === 'object'
  } catch {
    return false
  }
}
