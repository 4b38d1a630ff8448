/**
 * A text of the user in one line: characters that a terminal obeys, or that turn the direction of a text, are escaped.
 */
export function printable(text: string): string {
  return text.replaceAll(/(?! )[\p{C}\p{Z}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
}
