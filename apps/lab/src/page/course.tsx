// The course as three columns of seven. A lesson that is passed shows its idea, which is the answer to its question.

import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { say } from '../language/say.ts'
import { lessonsOf, neededTools, PARTS, partOf } from '../lessons/course.ts'
import type { Lesson } from '../lessons/lesson.ts'
import { Button } from './button.tsx'
import { HintsOf } from './hints.tsx'
import type { LabProps } from './lab-props.ts'
import { words } from './prose.tsx'

/** How a lesson stands: passed, the next one, or to come. */
type Standing = 'done' | 'here' | ''

export function Course({ state }: LabProps): JSX.Element {
  const { lessons, done } = state
  const next = lessons.find(({ name }) => !done.value.has(name)) ?? lessons[0]!
  const opened = useSignal(next)
  const showsIdeas = useSignal(false)
  const standing = ({ name }: Lesson): Standing => (done.value.has(name) ? 'done' : name === next.name ? 'here' : '')
  const tools = lessons.flatMap((lesson) => lesson.gives.map((tool) => ({ tool, lesson })))
  const have = tools.filter(({ lesson }) => standing(lesson) === 'done').length
  const detail = (
    <Detail lesson={opened.value} showsIdea={showsIdeas.value || done.value.has(opened.value.name)} state={state} />
  )
  return (
    <section class="course" aria-label={say('the course')}>
      <div class="head">
        <div>
          <h2>{say('It waits. It stops. It ends in order.')}</h2>
          <p>
            {say(
              'Three parts of seven lessons, ten minutes each. Each asks one question, and gives you the tools that its exercise asks for. You have {} of {}. What you write stays in this browser.',
              have,
              tools.length,
            )}
          </p>
        </div>
        <label>
          <input type="checkbox" checked={showsIdeas.value} onChange={() => (showsIdeas.value = !showsIdeas.value)} />{' '}
          {say('Show all ideas (for teachers)')}
        </label>
        <Button
          text={words(say(done.value.size === 0 ? 'Begin: {}. {}' : 'Go on: {}. {}', next.number, next.title))}
          kind="primary"
          act={() => state.open(next.name)}
        />
      </div>
      <div class="spine">
        {PARTS.map((part) => {
          const all = lessonsOf(part, lessons)
          const passed = all.filter(({ name }) => done.value.has(name)).length
          return (
            <section key={part.name} class="part">
              <h3>
                {say(part.name)}{' '}
                <small>{passed === all.length ? say('done') : say('{} of {} passed', passed, all.length)}</small>
              </h3>
              <p>{say(part.line)}</p>
              <ol>
                {all.map((lesson) => (
                  <li key={lesson.name} class={standing(lesson)}>
                    <Row
                      lesson={lesson}
                      standing={standing(lesson)}
                      showsIdea={showsIdeas.value || done.value.has(lesson.name)}
                      isOpen={lesson === opened.value}
                      open={() => (opened.value = lesson)}
                    />
                    {lesson === opened.value && detail}
                  </li>
                ))}
              </ol>
            </section>
          )
        })}
      </div>
      <div class="wide">{detail}</div>
    </section>
  )
}

interface RowProps {
  readonly lesson: Lesson
  readonly standing: Standing
  readonly showsIdea: boolean
  readonly isOpen: boolean
  readonly open: () => unknown
}

function Row({ lesson, standing, showsIdea, isOpen, open }: RowProps): JSX.Element {
  const { number, title, idea, gives } = lesson
  const isDone = standing === 'done'
  return (
    <button type="button" class="row" aria-expanded={isOpen} onClick={open}>
      <span class="node">{isDone ? <span title={say('passed')}>✓</span> : number}</span>
      <span>
        <span class="idea">{words(showsIdea ? idea : title)}</span>
        {standing === 'here' && <span class="you">{say('you are here')}</span>}
        {showsIdea && <span class="asked">{words(title)}</span>}
      </span>
      <span class="tools">
        {gives.slice(0, 2).map((tool) => (
          <Tool key={tool} tool={tool} kind={isDone ? 'have' : standing === 'here' ? 'new' : ''} />
        ))}
      </span>
    </button>
  )
}

function Tool({ tool, kind }: { readonly tool: string; readonly kind: 'have' | 'new' | '' }): JSX.Element {
  return <code class={`tool ${kind}`}>{tool}</code>
}

function Detail({
  lesson,
  showsIdea,
  state,
}: LabProps & { readonly lesson: Lesson; readonly showsIdea: boolean }): JSX.Element {
  const { number, title, idea, gives, name } = lesson
  const part = partOf(lesson)
  const needs = neededTools(
    lesson,
    state.lessons.slice(0, number).flatMap((each) => each.gives),
  )
  return (
    <section class="detail" aria-live="polite">
      <div>
        <h3 lang={lesson.language}>{words(`${number}. ${title}`)}</h3>
        <p>
          {say(part.name)}, {say('lesson {} of {}', lessonsOf(part, state.lessons).indexOf(lesson) + 1, 7)}.{' '}
          {showsIdea ? <b>{words(idea)}.</b> : say('Its idea in five words appears here when you have passed it.')}
        </p>
        <Button
          text={state.done.value.has(name) ? 'Open again' : 'Open the lesson'}
          kind="primary"
          act={() => state.open(name)}
        />
      </div>
      <div>
        <h4>{say(gives.length > 0 ? 'This lesson gives you' : 'No new tool')}</h4>
        <p class="chips">
          {gives.map((tool) => (
            <Tool key={tool} tool={tool} kind="new" />
          ))}
        </p>
        <h4>{say('Its exercise asks for')}</h4>
        <p class="chips">
          {needs.map((tool) => (
            <Tool key={tool} tool={tool} kind={gives.includes(tool) ? 'new' : 'have'} />
          ))}
        </p>
      </div>
      <div>
        <h4>{say('If you are stuck')}</h4>
        <HintsOf key={name} lesson={lesson} />
      </div>
    </section>
  )
}
