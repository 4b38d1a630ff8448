// How exports were found before: by regular expressions, which see comments, strings and templates, too. The fuzzer
// has to notice it.

/**
 * Under which name the text of a module exports its variable `local`: undefined if it does not, `unclear` if only
 * loading the module can show it. The text is TypeScript or JavaScript.
 */
export function exportedAs(text: string, local: string): string | undefined | typeof UNCLEAR {
  const name = local.replaceAll('$', '\\$')
  const declared = new RegExp(
    `\\bexport\\s+(default\\s+)?(?:async\\s+)?(?:abstract\\s+)?(?:function\\s*\\*?\\s*|class\\s+|const\\s+|let\\s+|var\\s+)${name}(?![\\w$])`,
  ).exec(text)
  if (declared !== null) return declared[1] === undefined ? local : 'default'
  for (const [, list = ''] of text.matchAll(/\bexport\s*\{([^}]*)\}(?!\s*from\b)/g)) {
    for (const item of list.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').split(',')) {
      const [, from, to] = /^\s*([\w$]+)(?:\s+as\s+([\w$]+))?\s*$/.exec(item) ?? []
      if (from === local) return to ?? from
    }
  }
  if (new RegExp(`\\bexport\\s+default\\s+${name}\\s*(?:[;\\n]|$)`).test(text)) return 'default'
  const isPattern = /\bexport\s+(?:const|let|var)\s*[{[]/.test(text)
  const isOneOfMany = /\bexport\s+(?:const|let|var)\b/.test(text) && new RegExp(`,\\s*${name}\\s*[=:]`).test(text)
  return isPattern || isOneOfMany ? UNCLEAR : undefined
}

/** What `exportedAs` returns where the text does not show it: no export has this name. */
export const UNCLEAR = '?'
