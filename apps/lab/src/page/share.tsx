import { useSignal } from '@preact/signals'
import { formatRecording, toTrace } from '@spindle/inspect'
import type { JSX } from 'preact'
import { say, type Text } from '../language/say.ts'
import { Button } from './button.tsx'
import type { LabProps } from './lab-props.ts'
import type { LabState } from './lab-state.ts'

const DOWNLOADS: readonly (readonly [what: Text, name: string, type: string, text: (state: LabState) => string])[] = [
  ['Download picture (SVG)', 'run.svg', 'image/svg+xml', ({ drawing }) => drawing.value.svg],
  ['Download recording', 'run.jsonl', 'application/jsonl', ({ recording }) => formatRecording(recording.value)],
  [
    'Download trace (Perfetto)',
    'run.trace.json',
    'application/json',
    ({ recording }) => JSON.stringify(toTrace(recording.value)),
  ],
]

export function Share({ state }: LabProps): JSX.Element {
  const said = useSignal('')
  const copy = async (text: string, what: Text): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      said.value = say('copied: {}', say(what))
    } catch {
      said.value = say('the browser does not allow copying; the address of this page is the link')
    }
  }
  const copyLink = async (): Promise<void> => {
    const link = await state.link()
    window.history.replaceState(null, '', link)
    await copy(location.href, 'link')
  }
  return (
    <>
      <Button text="Copy link" act={copyLink} />
      <Button text="Copy as test" act={async () => copy(await state.test(), 'test')} />
      {DOWNLOADS.map(([what, name, type, text]) => (
        <Button key={name} text={what} act={() => download(name, text(state), type)} />
      ))}
      <p role="status">{said}</p>
    </>
  )
}

function download(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  Object.assign(document.createElement('a'), { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
