// The search of the site. It has no list of queries: a page contains the other names of its subject ("Also called:
// mutex"). `npm run site check` asks it the questions of site/questions.tsv. VitePress writes the functions below into
// the page as text, so each contains all that it needs.

/** @type {import('vitepress').DefaultTheme.LocalSearchOptions} */
export const searchOptions = {
  // The index has no programs: what they show is told beside them. Of the reference it has one entry for each page,
  // with the names of the members, instead of one for each member: that halves it.
  _render(text, env, md) {
    const prose = text.replaceAll(/^( *)```.*?^\1```$/gms, '')
    if (!env.relativePath.startsWith('api/')) return md.render(prose, env)
    const [head = '', ...members] = prose.split(/^(?=##)/m)
    return md.render(`${head}\n\n${members.map((member) => /^###+ (.*)/.exec(member)?.[1]).join(' ')}`, env)
  },
  miniSearch: {
    searchOptions: {
      // Leaves out the words of every text. The default completes each word: `a` would match all that begin with it.
      // biome-ignore format: a list of words reads better in one line
      processTerm: (term) => (/^(?:a|about|after|all|also|am|an|and|are|as|at|be|because|been|before|being|but|by|can|cannot|could|did|do|does|doing|don|for|from|get|gets|getting|got|had|has|have|having|how|i|if|in|into|is|isn|it|its|just|like|make|me|more|my|no|not|of|on|one|only|or|other|our|out|over|possible|should|so|some|such|t|than|that|the|their|them|then|there|these|they|this|those|to|too|use|used|using|very|want|was|way|we|were|what|when|where|which|while|who|why|will|with|would|you|your)$/i.test(term) ? null : term.toLowerCase()),
      // A page that says how to do a thing goes before a chapter of the guide or of the reference, and these before
      // explanations and examples. The rest is VitePress's own choice.
      boostDocument: (id) =>
        /^\/how-to\/(?!from-(?!promises))/.test(id) ? 3 : /^\/(?:how-to|learn|api)\//.test(id) ? 2 : 1,
    },
  },
}
