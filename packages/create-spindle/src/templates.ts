/** A kind of project. Its files are in templates/. */
export interface Template {
  /** For the question which one to take. */
  readonly label: string
  /** The folders of its files; a later one wins. */
  readonly folders: readonly string[]
  /** The fields of its package.json besides the name. */
  readonly manifest: Readonly<Record<string, unknown>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

// The versions that the templates are tested with.
const TOOLS = {
  eslint: '10.15.0',
  typescript: '6.0.3',
  'typescript-eslint': '8.73.0',
  vitest: '4.1.12',
}
const NODE_TYPES = { '@types/node': '20.19.0' }

const CHECKS = { test: 'vitest run', lint: 'eslint .', check: 'tsc --noEmit' }
const BUILD = { build: 'tsc -p tsconfig.build.json' }

export const TEMPLATES: Readonly<Record<string, Template>> = {
  'command-line': program('a command-line program', 'command-line'),
  server: program('a server', 'server'),
  library: {
    label: 'a library',
    folders: ['shared', 'node', 'library'],
    manifest: {
      version: '0.1.0',
      exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
      files: ['dist'],
      scripts: { ...BUILD, prepack: 'npm run build', ...CHECKS },
    },
    dependencies: {},
    devDependencies: { ...NODE_TYPES, ...TOOLS },
  },
  react: {
    label: 'a page with Vite and React',
    folders: ['shared', 'react'],
    manifest: { private: true, scripts: { start: 'vite', build: 'vite build', ...CHECKS } },
    dependencies: { react: '19.3.1', 'react-dom': '19.3.1' },
    devDependencies: {
      '@types/react': '19.3.0',
      '@types/react-dom': '19.3.0',
      '@vitejs/plugin-react': '6.3.0',
      vite: '8.3.8',
      ...TOOLS,
    },
  },
}

function program(label: string, folder: string): Template {
  return {
    label,
    folders: ['shared', 'node', folder],
    manifest: { private: true, scripts: { start: 'npm run --silent build && node dist/main.js', ...BUILD, ...CHECKS } },
    dependencies: {},
    devDependencies: { ...NODE_TYPES, ...TOOLS },
  }
}
