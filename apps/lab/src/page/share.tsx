import { useSignal } from '@preact/signals'
import { formatRecording, toTrace } from '@spindle/inspect'
import type { JSX } from 'preact'
import type { LabProps } from './lab-props.ts'

export function Share({ state }: LabProps): JSX.Element {
  const said = useSignal('')
  const copy = async (text: string, what: string): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      said.value = `${what} copied`
    } catch {
      said.value = `the browser does not allow copying; the address of this page is the link`
    }
  }
  const copyLink = async (): Promise<void> => {
    const link = await state.link()
    if (state.lessonNumber.value >= 0) window.history.replaceState(null, '', link)
    await copy(location.href, 'link')
  }
  return (
    <>
      <button type="button" onClick={copyLink}>
        Copy link
      </button>
      <button type="button" onClick={async () => copy(await state.test(), 'test')}>
        Copy as test
      </button>
      <button type="button" onClick={() => download('run.svg', state.drawing.value.svg, 'image/svg+xml')}>
        Download picture (SVG)
      </button>
      <button
        type="button"
        onClick={() => download('run.jsonl', formatRecording(state.recording.value), 'application/jsonl')}
      >
        Download recording
      </button>
      <button
        type="button"
        onClick={() => download('run.trace.json', JSON.stringify(toTrace(state.recording.value)), 'application/json')}
      >
        Download trace (Perfetto)
      </button>
      <p role="status">{said}</p>
    </>
  )
}

function download(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  Object.assign(document.createElement('a'), { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
