// Recordings of what happens on a loop, and what is computed from them: pure functions of plain data.

export { type Difference, diff, type RunDiff } from './compare/diff.ts'
export { type Rerun, type RerunDifference, rerun } from './compare/rerun.ts'
export { taskPaths } from './compare/task-paths.ts'
export { type AccountItem, summary, toAccount } from './pictures/account.ts'
export { type Drawing, type DrawOptions, draw, toSVG } from './pictures/draw.ts'
export { type LegendItem, legend } from './pictures/legend.ts'
export { type TextOptions, toText } from './pictures/text.ts'
export { type Trace, type TraceEvent, toTrace } from './pictures/trace.ts'
export { type ActiveRecording, record } from './recorder/record.ts'
export { Recorder, type RecorderOptions, type Whereabouts } from './recorder/recorder.ts'
export type { CancelSource, Position, Recording, Row, RowOf } from './recording.ts'
export { formatRecording } from './recording-file/format.ts'
export { parseRecording, type RecordingProblem, validate } from './recording-file/parse.ts'
export {
  type Replay,
  type ReplayState,
  type ReplayUnit,
  type ResourceState,
  replay,
  type TaskState,
  type TimerState,
} from './replay/replay.ts'
export {
  type Arrow,
  type Lane,
  type LaneState,
  type Mark,
  nameTasks,
  type Segment,
  type Story,
  tell,
} from './story/story.ts'
