/** What a call throws, as text; `'nothing'` if it returns. */
export function thrownBy(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    return String(error)
  }
  return 'nothing'
}

/** The reason with which a promise is rejected. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}
