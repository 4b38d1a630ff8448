export { type CreateOptions, createProject } from './create-project.ts'
