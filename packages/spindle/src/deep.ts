// Imported for its effect: `import 'spindle/deep'`.

import { installDeepGenerators } from '@spindle/task'

installDeepGenerators()
