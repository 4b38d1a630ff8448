// The search of the site. It has no list of queries: a page contains the other names of its subject ("Also called: mutex"). `npm run site check` asks it the questions of site/questions.tsv.

/** @type {import('vitepress').DefaultTheme.LocalSearchOptions} */
export const searchOptions = {
  _render(text, env, md) {
    // The index leaves out the types that are shown on hover.
    return md.render(text.replaceAll(/^(\s*```ts) .*$/gm, '$1'), env)
  },
}
