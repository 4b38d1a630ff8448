import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { javascript } from '@codemirror/lang-javascript'
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import {
  EditorState,
  type Extension,
  RangeSetBuilder,
  StateEffect,
  StateField,
  type Transaction,
  type TransactionSpec,
} from '@codemirror/state'
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import { tags } from '@lezer/highlight'
import type { Lines } from '../lessons/lesson.ts'

/** A line that the editor marks: the current line of a Task, or the line of an error. */
export interface MarkedLine {
  readonly line: number
  readonly kind: 'waits' | 'asked' | 'runs' | 'wrong'
  readonly label: string
}

const setOwn = StateEffect.define<Lines | undefined>()

/** The given lines of an exercise look different. */
const given = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(decorations, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(setOwn)) continue
      const { doc } = transaction.state
      const builder = new RangeSetBuilder<Decoration>()
      const own = effect.value
      for (let n = 1; own !== undefined && n <= doc.lines; n++) {
        const classes = [n < own.from || n > own.to ? 'lab-given' : 'lab-own', n === own.from && 'lab-own-first']
        const { from } = doc.line(n)
        builder.add(from, from, Decoration.line({ class: classes.filter(Boolean).join(' ') }))
      }
      return builder.finish()
    }
    return decorations.map(transaction.changes)
  },
  provide: (field) => EditorView.decorations.from(field),
})

/** A change of given lines is dropped. A change of the whole text replaces the learner's lines. */
function onlyIn({ from, to }: Lines, transaction: Transaction): Transaction | readonly TransactionSpec[] {
  const { doc } = transaction.startState
  const begin = doc.line(from).from
  const end = doc.line(to).to
  let isInside = true
  let whole: string | undefined
  transaction.changes.iterChanges((fromA, toA, _fromB, _toB, inserted) => {
    if (fromA >= begin && toA <= end) return
    isInside = false
    if (fromA <= begin && toA >= end) whole = inserted.toString()
  })
  if (isInside) return transaction
  if (whole === undefined) return []
  return [{ changes: { from: begin, to: end, insert: whole }, selection: { anchor: begin + whole.length } }]
}

const setMarks = StateEffect.define<readonly MarkedLine[]>()

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(decorations, transaction) {
    for (const effect of transaction.effects) if (effect.is(setMarks)) return decorate(transaction.state, effect.value)
    return decorations.map(transaction.changes)
  },
  provide: (field) => EditorView.decorations.from(field),
})

function decorate(state: EditorState, lines: readonly MarkedLine[]): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>()
  for (const { line, kind, label } of [...lines].sort((a, b) => a.line - b.line)) {
    if (line < 1 || line > state.doc.lines) continue
    const { from } = state.doc.line(line)
    builder.add(from, from, Decoration.line({ attributes: { class: `lab-line lab-${kind}`, 'data-tasks': label } }))
  }
  return builder.finish()
}

// The program is nearly monochrome, because colour means the state of a Task.
const highlighting: Extension = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.keyword, fontWeight: '650' },
    { tag: [tags.comment, tags.string, tags.special(tags.string)], color: 'var(--ink-2)' },
    { tag: tags.comment, fontStyle: 'italic' },
  ]),
)

export class ProgramEditor {
  readonly #view: EditorView
  #silent = false

  constructor(
    parent: HTMLElement,
    options: {
      readonly source: string
      readonly onEdit: (source: string) => void
      /** The lines that can be edited; undefined: all. */
      readonly own: () => Lines | undefined
    },
  ) {
    this.#view = new EditorView({
      parent,
      state: EditorState.create({
        doc: options.source,
        extensions: [
          lineNumbers(),
          highlightSpecialChars(),
          history(),
          drawSelection(),
          EditorView.lineWrapping,
          indentOnInput(),
          bracketMatching(),
          javascript({ typescript: true }),
          highlighting,
          marks,
          given,
          EditorState.transactionFilter.of((transaction) => {
            const own = this.#silent ? undefined : options.own()
            return own === undefined ? transaction : onlyIn(own, transaction)
          }),
          keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
          EditorView.contentAttributes.of({
            'aria-label': 'the program. Escape, then Tab leaves the editor',
            spellcheck: 'false',
            tabindex: '0',
          }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged && !this.#silent) options.onEdit(update.state.doc.toString())
          }),
        ],
      }),
    })
  }

  /** Shows another program without emitting a change. */
  show(source: string): void {
    const { doc } = this.#view.state
    if (doc.toString() === source) return
    this.#silent = true
    this.#view.dispatch({ changes: { from: 0, to: doc.length, insert: source } })
    this.#silent = false
  }

  mark(lines: readonly MarkedLine[]): void {
    this.#view.dispatch({ effects: setMarks.of(lines) })
  }

  /** Freezes all other lines; undefined: none. */
  freezeAllBut(own: Lines | undefined): void {
    this.#view.dispatch({ effects: setOwn.of(own) })
  }

  destroy(): void {
    this.#view.destroy()
  }
}
