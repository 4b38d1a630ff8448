// The search of the site. Readers bring words of other libraries ("mutex"), and words that a hundred pages contain
// ("timeout"). `LEADS_TO` has the page that each of them leads to first; site/check.mjs types them.

/** @type {Record<string, string>} */
export const LEADS_TO = {
  mutex: '/api/index/classes/Lock',
  timeout: '/api/index/functions/timeout',
  race: '/api/index/functions/race',
  'Promise.all': '/how-to/from-promises',
  'cancel a promise': '/how-to/from-promises',
  AbortController: '/how-to/from-promises',
  AbortSignal: '/how-to/from-promises',
  semaphore: '/api/index/classes/Semaphore',
  queue: '/api/index/classes/Queue',
  deadlock: '/api/index/classes/DeadlockError',
  sleep: '/api/index/functions/sleep',
  delay: '/api/index/functions/sleep',
  retry: '/api/index/functions/retry',
  'rate limit': '/api/index/classes/RateLimiter',
  react: '/how-to/browsers',
  'worker pool': '/how-to/threads',
  install: '/how-to/install',
  'fake timers': '/how-to/testing',
  benchmark: '/explanation/performance',
  rxjs: '/how-to/from-rxjs',
}

/** The words of each page, as the index splits them. @type {Record<string, string[]>} */
const words = {}
for (const [query, page] of Object.entries(LEADS_TO))
  words[page] = [...(words[page] ?? []), ...query.toLowerCase().split(/[\s.]+/)]

/** @type {import('vitepress').DefaultTheme.LocalSearchOptions} */
export const searchOptions = {
  _render(text, env, md) {
    // The index leaves out the types that are shown on hover, and has the words that lead to this page.
    const plain = text.replaceAll(/^(\s*```ts) .*$/gm, '$1')
    const own = words[`/${env.relativePath.replace('.md', '')}`]
    return md.render(own === undefined ? plain : plain.replace(/^# .*$/m, `$&\n\n${own.join(' ')}\n`), env)
  },
  miniSearch: {
    searchOptions: {
      // VitePress sends the text of this function to the browser, so that its table has to be a part of it.
      boostDocument: new Function(
        'id',
        'term',
        `const words = ${JSON.stringify(words)}
         for (const page in words) if (id.includes(page + '.html') && words[page].includes(term)) return 50
         return 1`,
      ),
    },
  },
}
