/** What a call throws, as text; `'nothing'` if it returns. */
export function thrownBy(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    return String(error)
  }
  return 'nothing'
}
