export { duration } from './explore/entropy.ts'
export { type Exploration, type Explore, type ExploreOptions, explore } from './explore/explore.ts'
export type { Model, ModelOptions } from './explore/model.ts'
export { ExplorationError, type ExploredRun, type FailureKind, type Program } from './explore/program.ts'
