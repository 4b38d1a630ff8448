// What the instrument says, in the language of its page. A text that has no translation stays English.

let texts: Readonly<Record<string, string>> = {}
let language: string | undefined

/**
 * @param tag the language, such as `ko`
 * @param translation each text in that language; `{}` stands for a value, in the order of the English text
 */
export function speak(tag: string, translation: Readonly<Record<string, string>>): void {
  language = tag
  texts = translation
}

/** Loads the texts of a language, if there are any: `ko`. */
export async function learn(tag: string | null): Promise<void> {
  if (tag === 'ko') speak(tag, (await import('./korean.ts')).KOREAN)
}

/** The tag of the language; undefined: that of the page. */
export function spoken(): string | undefined {
  return language
}

/** A text, with values in place of each `{}`: `say('stop at {} ms', 360)`. */
export function say(english: string, ...values: readonly (string | number)[]): string {
  let n = 0
  return (texts[english] ?? english).replaceAll('{}', () => String(values[n++]))
}
