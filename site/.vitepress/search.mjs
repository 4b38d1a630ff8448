// The search of the site. It has no list of queries: a page contains the other names of its subject ("Also called:
// mutex"). `npm run site check` asks it the questions of site/questions.tsv. VitePress writes the functions below into
// the page as text, so each contains all that it needs.

/** @type {import('vitepress').DefaultTheme.LocalSearchOptions} */
export const searchOptions = {
  // The index leaves out the types that are shown on hover.
  _render: (text, env, md) => md.render(text.replaceAll(/^(\s*```ts) .*$/gm, '$1'), env),
  miniSearch: {
    searchOptions: {
      // Leaves out the words of every text. The default completes each word: `a` would match all that begin with it.
      processTerm(term) {
        const word = term.toLowerCase()
        return /^(?:a|about|after|all|also|am|an|and|are|as|at|be|because|been|before|being|but|by|can|cannot|could|did|do|does|doing|don|for|from|get|gets|getting|got|had|has|have|having|how|i|if|in|into|is|isn|it|its|just|like|make|me|more|my|no|not|of|on|one|only|or|other|our|out|over|possible|should|so|some|such|t|than|that|the|their|them|then|there|these|they|this|those|to|too|use|used|using|very|want|was|way|we|were|what|when|where|which|while|who|why|will|with|would|you|your)$/.test(
          word,
        )
          ? null
          : word
      },
      prefix: (term) => term.length > 3,
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      boost: { title: 4, text: 2, titles: 1 },
      // A page that says how to do a thing goes before its explanation, and before those about one library.
      boostDocument(id) {
        const [, room, isAboutLibrary] = /^\/([^/]+)\/(from-(?!promises))?/.exec(id) ?? []
        if (isAboutLibrary) return 0.7
        return { examples: 0.4, lessons: 0.4, reference: 0.5, explanation: 0.5, 'how-to': 1.5 }[room] ?? 1
      },
    },
  },
}
