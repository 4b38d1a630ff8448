// Replaces format-location.ts in a bundle for browsers, which have no working directory.

import type * as node from './format-location.ts'

export const formatLocation: typeof node.formatLocation = ({ url, line }) => `${url}:${line}`
