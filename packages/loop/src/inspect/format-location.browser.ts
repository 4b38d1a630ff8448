// Stands for format-location.ts in a bundle for browsers, where there is no working directory.

import type * as node from './format-location.ts'

export const formatLocation: typeof node.formatLocation = ({ url, line }) => `${url}:${line}`
