// A block marked `ts twoslash` shows the type of each name on hover, by CSS alone: the type is the text of an
// attribute, which takes a fraction of the bytes that a coloured copy of it in each place would. The imports that it
// needs to compile stand above `---cut---` and are not shown: see withTypes() in ../site.mjs.

import { defaultHoverInfoProcessor, transformerTwoslash } from '@shikijs/twoslash'
import { root } from '../../scripts/setup.mjs'

const packages = `${root}packages`

export const typesOnHover = transformerTwoslash({
  explicitTrigger: true,
  renderer: {
    nodeStaticInfo({ text, docs }, name) {
      const type = [defaultHoverInfoProcessor(text), docs].filter(Boolean).join('\n\n')
      const properties = { class: 'typed', 'data-type': type }
      return { type: 'element', tagName: 'span', properties, children: [name] }
    },
  },
  twoslashOptions: {
    vfsRoot: `${packages}/spindle`, // where the types of Node are found
    handbookOptions: { noErrors: true }, // the tests compile each block, and know which must fail
    compilerOptions: {
      target: 10, // ES2023; TypeScript's API takes numbers
      lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
      module: 199, // NodeNext
      moduleResolution: 99,
      moduleDetection: 3,
      types: ['node'],
      allowImportingTsExtensions: true,
      noEmit: true,
      strict: true,
      paths: {
        spindle: [`${packages}/spindle/src/index.ts`],
        'spindle/*': [`${packages}/spindle/src/*.ts`],
        '@spindle/*': [`${packages}/*/src/index.ts`],
      },
    },
    filterNode(node) {
      // Only the first sentences. The reference has the rest.
      if (node.type === 'hover') Object.assign(node, { docs: node.docs?.split(/\n\n|\n@|```/)[0], tags: undefined })
      return true
    },
  },
})
