// Lessons in other languages: only the prose. The programs, the outputs to choose from and the judge are those of the
// English lesson of that name.

import { type Lesson, parseHints, partsOf } from './lesson.ts'

/**
 * A lesson with the prose of a translation.
 *
 * @param language its tag, such as `ko`
 * @throws Error that names the missing part
 */
export function translated(lesson: Lesson, language: string, text: string): Lesson {
  const [title, question, part] = partsOf(text)
  const prose = (name: string): string => part(name).trim()
  const [bold = '', ...why] = prose('Why').split(/\n{2,}/)
  const task = prose('Exercise')
  return {
    ...lesson,
    language,
    title: title.replace(/^# /, ''),
    question: question.trim(),
    idea: prose('Idea'),
    prediction: { ...lesson.prediction, text: prose('Predict') },
    answer: bold.replaceAll('**', '').replaceAll('\n', ' '),
    why: why.join('\n\n'),
    change: prose('Change'),
    ...parseHints(task),
    exercise: { ...lesson.exercise, text: task.replace(/^- [\s\S]*/m, '').trim() },
  }
}
