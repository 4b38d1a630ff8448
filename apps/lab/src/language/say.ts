// What the page says, in the language of its reader. A text that has no translation stays English.

type Texts = Readonly<Record<string, string>>

let texts: Texts = {}
let language: string | undefined
let templates: readonly (readonly [pattern: RegExp, translation: string])[] = []
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
    .map(([english, other]) => [patternOf(english), other])
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
  for (const [pattern, translation] of templates) {
    const [, ...values] = pattern.exec(english) ?? []
    if (values.length > 0) return filled(translation, values.map(retell))
  }
  return english
}

function filled(text: string, values: readonly (string | number)[]): string {
  let n = 0
  return text.replaceAll('{}', () => String(values[n++]))
}

function patternOf(english: string): RegExp {
  const parts = english.split('{}').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('([^]+?)')}$`)
}
