import { useSignal, useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { retell, say, type Text } from '../language/say.ts'
import type { Failure } from '../sandbox/failure.ts'
import type { MarkedLine, ProgramEditor } from './editor.ts'
import type { LabProps } from './lab-props.ts'
import type { LabState } from './lab-state.ts'

export function Editor({ state }: LabProps): JSX.Element {
  const parent = useRef<HTMLDivElement>(null)
  const editor = useSignal<ProgramEditor | undefined>(undefined)
  useEffect(() => {
    let isGone = false
    void state.afterFirstRun.then(async () => {
      // The editor is half of the bytes of the page, so the picture comes first.
      const { ProgramEditor } = await import('./editor.ts')
      if (isGone) return
      editor.value = new ProgramEditor(parent.current!, {
        source: state.source.peek(),
        onEdit: (source) => state.edit(source),
        own: () => state.own.peek(),
        takesTab: () => state.exercising.peek() || state.lesson.peek() === undefined,
      })
    })
    return () => {
      isGone = true
      editor.peek()?.destroy()
    }
  }, [])
  useSignalEffect(() => {
    const source = state.source.value
    editor.value?.show(source)
  })
  useSignalEffect(() => {
    const own = state.own.value
    editor.value?.freezeAllBut(own)
  })
  useSignalEffect(() => {
    const lines = marksOf(state)
    editor.value?.mark(lines)
  })
  return (
    <div class="lab-editor" ref={parent} tabIndex={-1}>
      {editor.value === undefined && <pre class="lab-source">{state.source.value}</pre>}
      {(state.revealed.value || state.result.value?.failure?.kind === 'syntax') && <ProblemLine state={state} />}
    </div>
  )
}

function marksOf(state: LabState): MarkedLine[] {
  const failure = state.result.value?.failure
  const lines = new Map<number, { kind: MarkedLine['kind']; names: string[] }>()
  if (state.revealed.value && !state.pictureHidden.value && !state.isOutdated.value) {
    for (const { name, line, status, isRequested } of state.tasks.value) {
      if (line === 0) continue
      const entry = lines.get(line) ?? { kind: 'waits', names: [] }
      entry.names.push(name)
      if (status === 'running') entry.kind = 'runs'
      else if (isRequested && entry.kind !== 'runs') entry.kind = 'asked'
      lines.set(line, entry)
    }
  }
  const marked = [...lines].map(([line, { kind, names }]): MarkedLine => ({ line, kind, label: names.join(', ') }))
  if (failure !== undefined && failure.line > 0) marked.push({ line: failure.line, kind: 'wrong', label: '' })
  return marked.filter(({ line, kind }) => kind === 'wrong' || line !== failure?.line)
}

const TITLES: Record<Failure['kind'], Text> = {
  syntax: 'The program cannot be parsed',
  error: 'The program ended with an exception',
  'never-waits': 'Stopped: a loop that never waits',
  'never-ends': 'Stopped: the program does not end',
  deadlock: 'Stopped: the program waits forever',
  'too-long': 'Stopped: the program does not respond',
}

function ProblemLine({ state }: LabProps): JSX.Element | null {
  const result = state.result.value
  const failure = result?.failure
  const warnings = result?.recording.rows.filter((row) => row.kind === 'warning') ?? []
  if (failure === undefined && warnings.length === 0) {
    const isEmpty = result !== undefined && result.recording.rows.length === 0
    return isEmpty ? (
      <p class="problem">
        {say('Nothing happens: the program does not call run(). Add `await run(main())` at its end.')}
      </p>
    ) : null
  }
  return (
    <div class="problem" role="status">
      {failure !== undefined && (
        <p>
          <strong>{say(TITLES[failure.kind])}</strong>
          {failure.line > 0 && `, ${say('line {}', failure.line)}`}: {retell(failure.message)}.
        </p>
      )}
      {warnings.map(
        (row) => row.kind === 'warning' && <p key={row.line}>{`${say('line {}', row.line)}: ${retell(row.text)}.`}</p>,
      )}
    </div>
  )
}
