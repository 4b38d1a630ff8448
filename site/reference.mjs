// Rewrites a page that TypeDoc generates, for readers: a signature with real types, the example, then prose: what it
// does, its parameters, what it throws. Sections of types only, such as "Type Parameters", are left out, so that the
// search never leads to them.

/** Sections of a name that tell nothing which its signature does not. */
const LEFT_OUT = /^(?:Type Parameters|Implementation of|Inherited from|Overrides|Extends|Extended by|Implements)$/
/** Sections of a name that become a part of its prose. */
const PROSE = /^(?:Parameters|Returns|Throws|Example|Default|Default Value|See)$/

/**
 * @typedef {{ level: number, title: string, text: string, parts: Section[] }} Section
 */

/**
 * A page of the reference as readers want it.
 *
 * @param {string} page as typedoc-plugin-markdown writes it, with signatures in blocks of code
 */
export function readable(page) {
  return `${written(sectionsOf(page)).trim()}\n`
}

/**
 * The sections of a page as a tree. A heading in a block of code is none.
 *
 * @param {string} page
 */
function sectionsOf(page) {
  /** @type {Section} */
  const all = { level: 0, title: '', text: '', parts: [] }
  const open = [all]
  let isCode = false
  for (const line of page.split('\n')) {
    if (line.startsWith('```')) isCode = !isCode
    const [, marks, title = ''] = (!isCode && /^(#+) (.*)$/.exec(line)) || []
    if (marks === undefined) {
      const last = /** @type {Section} */ (open.at(-1))
      if (line !== '***') last.text += `${line}\n`
      continue
    }
    while ((open.at(-1)?.level ?? 0) >= marks.length) open.pop()
    const section = { level: marks.length, title, text: '', parts: [] }
    open.at(-1)?.parts.push(section)
    open.push(section)
  }
  return all
}

/**
 * @param {Section} section
 * @returns {string}
 */
function written({ level, title, text, parts }) {
  const named = (/** @type {string} */ name) => parts.find((part) => part.title === name)
  const [signature, says] = signatureAnd(text, named('Parameters'))
  const name = title === 'Constructor' ? (/new \w+/.exec(signature)?.[0] ?? title) : title
  const heading = level === 0 ? '' : `${'#'.repeat(level)} ${name.replace(/^(?:Function|Class): /, '')}`
  const returned = named('Returns')?.text.trim().split('\n\n').slice(1).join('\n\n')
  const thrown = named('Throws')?.text.trim()
  const prose = [
    signature,
    named('Example')?.text,
    says,
    parametersOf(named('Parameters')),
    returned && `Returns ${returned}`,
    thrown && `Throws ${thrown}`,
    ...['Default', 'Default Value'].map((name) => named(name) && `Default: ${named(name)?.text.trim()}`),
  ]
  const rest = parts.filter((part) => !LEFT_OUT.test(part.title) && !PROSE.test(part.title)).map(written)
  return [heading, ...prose, ...rest]
    .map((each) => each?.trim())
    .filter((each) => each)
    .join('\n\n')
}

/**
 * The signature without what only advises the compiler, in a block that is not compiled; and the text below it.
 *
 * @param {string} text
 * @param {Section | undefined} parameters
 * @returns {[signature: string, text: string]}
 */
function signatureAnd(text, parameters) {
  const [all = '', code = ''] = /^\s*```ts\n(.*?)^```$/ms.exec(text) ?? []
  if (code === '') return ['', text]
  const full = (parameters?.parts ?? []).reduce((code, { title, parts }) => {
    const fields = parts.map((part) => `${plain(part.title)}: ${plain(part.text.trim().split('\n\n')[0] ?? '')}`)
    return fields.length === 0
      ? code
      : code.replace(`${plain(title)}: object`, `${plain(title)}: { ${fields.join('; ')} }`)
  }, code)
  return [`\`\`\`typescript\n${withoutAdvice(full)}\`\`\``, text.slice(text.indexOf(all) + all.length)]
}

/**
 * Text without Markdown.
 *
 * @param {string} text
 */
function plain(text) {
  return text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[`\\]|\*(?=\w)|(?<=\w)\*/g, '')
}

/**
 * A signature without the types that make the compiler name a remedy, and the type parameters that only they use.
 *
 * @param {string} code
 */
export function withoutAdvice(code) {
  let shown = code
  while (ADVICE.test(shown)) shown = withoutFirstAdvice(shown)
  if (shown === code) return shown
  shown = shown.replace(/:\s+\| (?=[^|]*[,)])/g, ': ') // a union of one
  const parameters = /^[^<(]*</.exec(shown)?.[0].length
  if (parameters === undefined) return shown
  const end = endOfList(shown, parameters)
  const each = shown.slice(parameters, end).split(/,\s*(?![^<]*[^=]>)/)
  const used = each.filter((one) => shown.split(new RegExp(`\\b${/\w+/.exec(one)}\\b`)).length > 2)
  return shown.slice(0, parameters - 1) + (used.length === 0 ? '' : `<${used.join(', ')}>`) + shown.slice(end + 1)
}

const ADVICE = /\s*\| \w*Advice</

/** @param {string} code */
function withoutFirstAdvice(code) {
  const index = code.search(ADVICE)
  const [begin = ''] = ADVICE.exec(code) ?? []
  return code.slice(0, index) + code.slice(endOfList(code, index + begin.length) + 1)
}

/** The index of the `>` that ends a list of types. @type {(code: string, from: number) => number} */
function endOfList(code, from) {
  let depth = 1
  let index = from - 1
  while (depth > 0 && ++index < code.length) {
    if (code[index] === '<') depth++
    else if (code[index] === '>' && code[index - 1] !== '=') depth--
  }
  return index
}

/**
 * The parameters that are explained, as a list.
 *
 * @param {Section | undefined} section
 */
function parametersOf(section) {
  return (section?.parts ?? [])
    .map(({ title, text }) => ({ title, says: text.trim().split('\n\n').slice(1).join(' ').replaceAll('\n', ' ') }))
    .filter(({ says }) => says !== '')
    .map(({ title, says }) => `- \`${plain(title)}\`: ${says}`)
    .join('\n')
}
