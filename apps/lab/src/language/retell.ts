/**
 * Returns a function that translates whole sentences: it finds the text that a sentence was made of, and its values.
 *
 * @param filled puts values into a text
 */
export function retellIn(
  texts: Readonly<Record<string, string>>,
  filled: (text: string, values: readonly string[]) => string,
): (english: string) => string {
  const templates = Object.keys(texts)
    .filter((english) => english.includes('{}'))
    // The one with the most words of a sentence is its template; "Later, {}." introduces a whole sentence.
    .sort((one, other) => +other.startsWith('Later') - +one.startsWith('Later') || other.length - one.length)
    .map((english) => ({ english, pattern: patternOf(english) }))
  return function retell(sentence: string): string {
    if (texts[sentence] !== undefined) return texts[sentence]
    for (const { english, pattern } of templates) {
      const [, ...values] = pattern.exec(sentence) ?? []
      if (values.length === 0) continue
      // A word is a name, and a text in quotation marks is of the program.
      const isText = english.split('{}').map((part, n) => !/["“]$/.test(part) && values[n]?.includes(' '))
      const told = values.map((value, n) => (isText[n] ? retell(value) : value))
      return filled(texts[english]!, told)
    }
    return sentence
  }
}

function patternOf(english: string): RegExp {
  const parts = english.split('{}').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  // A value does not end with the full stop of the sentence. After "Later, " it begins with a small letter.
  return new RegExp(`^${parts.join('([^]+?)')}${english.endsWith('{}') ? '(?<!\\.)' : ''}$`, 'i')
}
