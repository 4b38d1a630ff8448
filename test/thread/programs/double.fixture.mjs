/** @param {number} n */
export const double = (n) => n + n
