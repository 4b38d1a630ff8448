/**
 * The circles in a graph, each once.
 * @param nextOf the nodes that a node leads to: the Tasks that a Task waits for
 */
export function circlesOf<Node>(nodes: Iterable<Node>, nextOf: (node: Node) => readonly Node[]): Node[][] {
  const finished = new Set<Node>()
  const found: Node[][] = []
  for (const start of nodes) {
    // Not recursive: a chain may be as long as there are Tasks.
    const path: { readonly node: Node; readonly left: Node[] }[] = []
    const indexes = new Map<Node, number>()
    const enter = (node: Node): void => {
      indexes.set(node, path.length)
      path.push({ node, left: [...nextOf(node)].reverse() })
    }
    if (!finished.has(start)) enter(start)
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.left.pop()
      if (next === undefined) {
        path.pop()
        indexes.delete(top.node)
        finished.add(top.node)
      } else if (indexes.has(next)) {
        found.push(path.slice(indexes.get(next)).map(({ node }) => node))
      } else if (!finished.has(next)) {
        enter(next)
      }
    }
  }
  return found
}
