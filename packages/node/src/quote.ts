/**
 * Quotes text for a shell (`sh`, `bash`, `zsh`; not for Windows), so that it is one word whatever it holds. Python:
 * `shlex.quote`.
 * @throws TypeError if it holds a NUL character, which no argument can
 *
 * @example
 * ```ts
 * console.log(`ls ${quote("it's; rm -rf ~")}`) // prints: ls 'it'\''s; rm -rf ~'
 * ```
 */
export function quote(text: string): string {
  if (text.includes('\0')) throw new TypeError('an argument of a command cannot hold a NUL character')
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
