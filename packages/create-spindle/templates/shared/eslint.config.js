import spindle from '@spindle/eslint-plugin'
import tseslint from 'typescript-eslint'

export default [
  { ignores: ['dist'] },
  ...tseslint.configs.recommended,
  { files: ['src/**/*.{ts,tsx}'], languageOptions: { parserOptions: { projectService: true } } },
  spindle.configs.recommended,
]
