// What the page says, in the language of its reader. A text that has no translation stays English.

type Texts = Readonly<Record<string, string>>

/** A text with values. Those in quotation marks are of the program. */
interface Template {
  readonly pattern: RegExp
  readonly isQuoted: readonly boolean[]
  readonly translation: string
}

let texts: Texts = {}
let language: string | undefined
let templates: readonly Template[] = []
let isEnglish = false

/**
 * @param tag the language, such as `ko`
 * @param translation each text in that language; `{}` stands for a value, in the order of the English text
 */
export function speak(tag: string, translation: Texts): void {
  language = tag
  texts = translation
  templates = Object.entries(translation)
    .filter(([english]) => english.includes('{}'))
    .sort(([one], [other]) => other.length - one.length) // the one with the most words of a sentence is its template
    .map(([english, other]) => templateOf(english, other))
}

/** Loads the texts of a language, if there are any: `ko`. */
export async function learn(tag: string | null): Promise<void> {
  if (tag === 'ko') speak(tag, (await import('./korean.ts')).KOREAN)
}

/** While a lesson is shown that has no translation, the page is English: no page has two languages. */
export function speakEnglish(now: boolean): void {
  isEnglish = now
}

/** The tag of the language; undefined: that of the page. */
export function spoken(): string | undefined {
  return isEnglish ? undefined : language
}

/** A text, with values in place of each `{}`: `say('stop at {} ms', 360)`. */
export function say(english: string, ...values: readonly (string | number)[]): string {
  const text = isEnglish ? english : (texts[english] ?? english)
  return filled(text, values)
}

/** A sentence that was made of texts and values elsewhere, such as a verdict: both are translated. */
export function retell(english: string): string {
  if (isEnglish || language === undefined) return english
  if (texts[english] !== undefined) return texts[english]
  for (const { pattern, isQuoted, translation } of templates) {
    const [, ...values] = pattern.exec(english) ?? []
    if (values.length === 0) continue
    const isText = (value: string, n: number): boolean => value.includes(' ') && !isQuoted[n] // a word is a name
    return filled(
      translation,
      values.map((value, n) => (isText(value, n) ? retell(value) : value)),
    )
  }
  return english
}

function filled(text: string, values: readonly (string | number)[]): string {
  let n = 0
  return text.replaceAll('{}', () => String(values[n++]))
}

function templateOf(english: string, translation: string): Template {
  const parts = english.split('{}')
  const escaped = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const isQuoted = parts.map((part) => /["“]$/.test(part))
  return { pattern: new RegExp(`^${escaped.join('([^]+?)')}$`), isQuoted, translation }
}
