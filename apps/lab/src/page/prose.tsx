import type { JSX } from 'preact'

/** A few words of Markdown: paragraphs, `code`, **strong**, and links to pages beside this one. */
export function Prose({ text, lang }: { readonly text: string; readonly lang?: string | undefined }): JSX.Element {
  return (
    <>
      {text.split(/\n{2,}/).map((paragraph) => (
        <p key={paragraph} lang={lang}>
          {words(paragraph)}
        </p>
      ))}
    </>
  )
}

export function words(line: string): JSX.Element {
  return (
    <>
      {line.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\))/).map((piece) => {
        if (piece.startsWith('`')) return <code key={piece}>{piece.slice(1, -1)}</code>
        if (piece.startsWith('**')) return <strong key={piece}>{piece.slice(2, -2)}</strong>
        const [, text, page] = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(piece) ?? []
        return page === undefined ? piece : <a href={page}>{text}</a>
      })}
    </>
  )
}
