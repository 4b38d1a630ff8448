import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from '@codemirror/commands'
import { javascript } from '@codemirror/lang-javascript'
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language'
import {
  EditorState,
  type Extension,
  type Range,
  StateEffect,
  type StateEffectType,
  StateField,
  type Text,
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

/** Decorations of lines. An effect has the value from which they are computed. */
function decorated<T>(decorationsOf: (doc: Text, value: T) => Range<Decoration>[]): {
  readonly effect: StateEffectType<T>
  readonly field: StateField<DecorationSet>
} {
  const effect = StateEffect.define<T>()
  const field = StateField.define<DecorationSet>({
    create: () => Decoration.none,
    update(decorations, { effects, state, changes }) {
      for (const each of effects) if (each.is(effect)) return Decoration.set(decorationsOf(state.doc, each.value), true)
      return decorations.map(changes)
    },
    provide: (own) => EditorView.decorations.from(own),
  })
  return { effect, field }
}

const given = decorated<Lines | undefined>((doc, own) =>
  Array.from({ length: own === undefined ? 0 : doc.lines }, (_, line) => {
    const n = line + 1
    const isOwn = n >= own!.from && n <= own!.to
    return Decoration.line({
      class: isOwn ? `lab-own${n === own!.from ? ' lab-own-first' : ''}` : 'lab-given',
    }).range(doc.line(n).from)
  }),
)

const marks = decorated<readonly MarkedLine[]>((doc, lines) =>
  lines
    .filter(({ line }) => line >= 1 && line <= doc.lines)
    .map(({ line, kind, label }) =>
      Decoration.line({ attributes: { class: `lab-line lab-${kind}`, 'data-tasks': label } }).range(
        doc.line(line).from,
      ),
    ),
)

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
  #hasOwn = false

  constructor(
    parent: HTMLElement,
    options: {
      readonly source: string
      readonly onEdit: (source: string) => void
      /** The lines that can be edited; undefined: all. */
      readonly own: () => Lines | undefined
      /** Whether Tab indents. Otherwise it leaves the editor. */
      readonly takesTab: () => boolean
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
          marks.field,
          given.field,
          EditorState.transactionFilter.of((transaction) => {
            const own = this.#silent ? undefined : options.own()
            return own === undefined ? transaction : onlyIn(own, transaction)
          }),
          keymap.of([
            ...defaultKeymap,
            ...historyKeymap,
            { key: 'Tab', run: (view) => options.takesTab() && indentMore(view) },
            { key: 'Shift-Tab', run: (view) => options.takesTab() && indentLess(view) },
          ]),
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
    this.#view.dispatch({ effects: marks.effect.of(lines) })
  }

  freezeAllBut(own: Lines | undefined): void {
    const view = this.#view
    view.dispatch({ effects: given.effect.of(own) })
    const isNew = own !== undefined && !this.#hasOwn
    this.#hasOwn = own !== undefined
    if (!isNew || matchMedia('(max-width: 900px)').matches) return // there, the page itself scrolls
    view.requestMeasure({
      read: ({ state }) => view.lineBlockAt(state.doc.line(own.from).from).top,
      write: (top) => view.scrollDOM.scrollTo({ top: top - 40 }), // a given line stays in view
    })
  }

  destroy(): void {
    this.#view.destroy()
  }
}
