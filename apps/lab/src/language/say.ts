// The texts of the page in the language of its reader. A text without a translation stays English.

import type { KOREAN } from './korean.ts'

/** A text of the page: each has a translation. */
export type Text = keyof typeof KOREAN

type Texts = Readonly<Record<string, string>>

let texts: Texts = {}
let language: string | undefined
let isEnglish = false
let retelling = (english: string): string => english

/**
 * @param tag the language, such as `ko`
 * @param translation maps each English text to its translation; `{}` stands for a value, in the order of the English
 * @param inLanguage translates a whole sentence that was made of texts and values
 */
export function speak(tag: string, translation: Texts, inLanguage = retelling): void {
  language = tag
  texts = translation
  retelling = inLanguage
}

/** Loads the texts of a language, if there are any: `ko`. */
export async function learn(tag: string | null): Promise<void> {
  if (tag !== 'ko') return
  const { KOREAN, retellIn } = await import('./korean.ts')
  speak(tag, KOREAN, retellIn(KOREAN, filled))
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
export function say(english: Text, ...values: readonly (string | number)[]): string {
  return filled(isEnglish ? english : (texts[english] ?? english), values)
}

/** A sentence that was made of texts and values elsewhere, such as a verdict: both are translated. */
export function retell(english: string): string {
  return isEnglish ? english : retelling(english)
}

/** A text with a value in place of each `{}`. */
export function filled(text: string, values: readonly (string | number)[]): string {
  let n = 0
  return text.replaceAll('{}', () => String(values[n++]))
}
