// What programs import that `@spindle/unplugin` has transformed.

export { $, $dropped } from '@spindle/task'
