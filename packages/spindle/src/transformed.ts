// The import of programs that `@spindle/unplugin` has transformed.

export { $, $dropped } from '@spindle/task'
