// The first page of the site. Its pictures and sentences are those of a run in the Lab, and its figures those of the
// pages that measure them.

import { readFileSync } from 'node:fs'
import { root } from '../scripts/setup.mjs'

/** The moment of the cancel that the page shows at first. */
const AT = 34
/** The width of its pictures, without the script that measures the window. */
const WIDTH = 720

/**
 * The page as Markdown for VitePress. Needs the loader for TypeScript.
 *
 * @param {string} base the path of the site
 * @param {string} hosted where the other files of the repository are
 */
export async function homePage(base, hosted) {
  // Not by a constant path, which VitePress would bundle with its configuration.
  const lab = `${root}apps/lab/src`
  const { frameAt } = await import(`${lab}/home/frame.ts`)
  const { LAST_MOMENT, onPromises, onSpindle } = await import(`${lab}/home/programs.ts`)
  const { encodeLink } = await import(`${lab}/page/share-link.ts`)
  const frame = await frameAt(AT, WIDTH)
  const inLab = async (/** @type {string} */ source) =>
    `${base}lab/index.html${await encodeLink({ lesson: 'playground', source, schedule: [] })}`
  const left = half(
    'spindle',
    'Spindle',
    'task.cancel()',
    onSpindle(AT),
    frame.spindle,
    await inLab(onSpindle(AT).source),
  )
  const right = half(
    'promises',
    'async / await',
    'controller.abort()',
    onPromises(AT),
    frame.promises,
    await inLab(onPromises(AT).source),
  )
  const { legend } = await import(`${root}packages/inspect/src/index.ts`)
  const marks = legend('page')
    .filter((/** @type {{ text: string }} */ { text }) => / a (?:catch|finally)/.test(text))
    .map((/** @type {{ svg: string, text: string }} */ { svg, text }) => `<span>${svg} ${text}</span>`)
    .join(' ')
  const at = `--left: ${frame.left}px; --scale: ${frame.scale}px; --at: ${AT}`
  const html = `<main class="home" v-pre>
<section class="hero">
<h1>Cancel it, and it <em>really stops</em>.</h1>
<p>Spindle runs TypeScript generators as Tasks. A cancel reaches whatever the Task is waiting for, runs every <code>finally</code>, even one that waits, and is over when all of it is over.</p>
<div class="act"><pre tabindex="0">git clone ${hosted.replace(/\/blob.*/, '')}
cd spindle && npm start</pre>
<a class="button primary" href="${base}lab/index.html">Open the Lab</a> <a class="button" href="#begin">Where to begin</a></div>
</section>
<cancel-here style="${at}">
<div class="rail"><label for="cancel-at">Drag the moment of the cancel</label><div class="track"><input id="cancel-at" type="range" min="2" max="${LAST_MOMENT}" value="${AT}" aria-valuetext="${AT} ms"><span class="handle" aria-hidden="true">cancel at ${AT} ms</span></div></div>
${left}
${right}
</cancel-here>
<p class="note marks">${marks}</p>
<p class="note">Both pictures are drawn from a run of the program beside them, in virtual time, in your browser. With the signal passed on in every line, the second one would always be right, too: <a href="${base}how-to/from-promises.html">promises and AbortSignal</a>.</p>
<section class="figures" aria-label="Three figures">
${figures(base, hosted)}
</section>
<section><h2 id="begin">Where to begin</h2>
<nav class="cards" aria-label="Where to begin">
${BEGIN.map(([page, title, text]) => `<a href="${base}${page}"><b>${title}</b><span>${text}</span></a>`).join('\n')}
</nav></section>
</main>`
  return `---\n${FRONT_MATTER}\n---\n\n\`\`\`html-of-home\n${html}\n\`\`\`\n`
}

const FRONT_MATTER = `title: Spindle
description: Tasks for TypeScript that really stop. A cancel reaches whatever a Task waits for, and every finally runs, even one that waits.
layout: page
sidebar: false
search: false`

/** @type {readonly (readonly [page: string, title: string, text: string])[]} */
const BEGIN = [
  ['lab/index.html', 'I want to see it', 'Short lessons in the Lab. Predict, play, cancel anywhere. Ten minutes each.'],
  ['learn/guide.html', 'I want to use it today', 'The guide’s first hour: install, run, cancel, test.'],
  ['how-to/from-asyncio.html', 'I know asyncio', 'Construct by construct, and the few differences with their reasons.'],
  [
    'how-to/from-promises.html',
    'I have promises and signals',
    'call() brings them in, and cancels them with the Task.',
  ],
  [
    'how-to/races.html',
    'A test fails once a month',
    'The order of events that breaks your promises, found and replayed.',
  ],
  [
    'how-to/browsers.html',
    'I write React or a server',
    'A hook that cancels when its component unmounts; Ctrl-C, fetch, streams.',
  ],
  [
    'explanation/other-libraries.html',
    'I know Effect, Effection or RxJS',
    'The same cancel in each of them, and where they are better.',
  ],
]

/**
 * @param {string} name
 * @param {string} title
 * @param {string} call
 * @param {{ shown: string }} program
 * @param {import('../apps/lab/src/home/frame.ts').Half} frame
 * @param {string} link
 */
function half(name, title, call, { shown }, { svg, isRight, says, because, hit, deaf }, link) {
  const lines = shown.split('\n').map((line, n) => {
    const heard = hit.includes(n + 1) ? ' class="hit"' : deaf.includes(n + 1) ? ' class="deaf"' : ''
    return `<span${heard}>${highlighted(line)}</span>`
  })
  return `<section class="half ${name}"><div class="code"><h2>${title} <small>${call}</small></h2><pre tabindex="0"><code>${lines.join('')}</code></pre></div>
<div class="run"><p class="verdict${isRight ? ' right' : ''}" aria-live="polite"><strong>${says}</strong><small>${because}</small></p><div class="picture">${svg}</div><a class="open" href="${link}">Open this program in the Lab</a></div></section>`
}

/** @param {string} line */
function highlighted(line) {
  const [, code = '', comment = ''] = /^(.*?)(\/\/.*)?$/.exec(line) ?? []
  const text = escaped(code).replace(
    /\b(?:async function|function\*?|const|try|finally|yield\*|await)(?!\w)/g,
    '<b>$&</b>',
  )
  return `${text}${comment === '' ? '' : `<i>${escaped(comment)}</i>`}` || ' '
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/**
 * @param {string} base
 * @param {string} hosted
 */
function figures(base, hosted) {
  const [, times = ''] = measured(
    'docs/explanation/performance.md',
    /^\| .*`switch` \|.*\| \*{0,2}([\d.]+) ×\*{0,2} \| [^|]*\|$/m,
  )
  const [, promise, task] = measured(
    'docs/explanation/performance.md',
    /`memory` \| (\d+ bytes) \|.*?\| \*{0,2}(\d+ bytes)/,
  )
  const [, size = ''] = measured('docs/reference/size.md', /^\| spindle: `run`, `sleep` \| ([\d.]+) kB/m)
  return [
    `<a href="${hosted}test/conformance/README.md"><strong>Step for step</strong><span><b>equal to CPython 3.15’s asyncio.</b> Programs written by hand, each cancelled at every step, and any number at random, run on both and are compared.</span></a>`,
    `<a href="${base}explanation/performance.html"><strong>${times} ×</strong><span><b>the CPU time of native promises</b> when 1,000 Tasks take turns on Node 24. A sleeping Task takes ${task}, a promise ${promise}. The table has every case, also those where native is ahead.</span></a>`,
    `<a href="${base}reference/size.html"><strong>${size} kB</strong><span><b>gzipped, for run and sleep.</b> Locks, queues, groups, time limits and threads come with what you import. No dependencies.</span></a>`,
  ].join('\n')
}

/**
 * @param {string} file
 * @param {RegExp} figure
 */
function measured(file, figure) {
  const found = figure.exec(readFileSync(`${root}${file}`, 'utf8'))
  if (found === null) throw new Error(`${file} has no figure ${figure}`)
  return found
}
