/** @param {number} count */
export async function* numbers(count) {
  for (let number = 0; number < count; number++) yield number
}
