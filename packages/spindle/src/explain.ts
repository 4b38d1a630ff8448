// Imported for its effect: `import 'spindle/explain'`.

import { explain } from '@spindle/task'

explain()
