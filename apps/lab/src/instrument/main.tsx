// The page task-thread.html, which an <iframe> can show on any page; with `?lang=ko` in Korean.

import '../tokens/tokens.css'
import '../page/lab.css'
import './task-thread.css'
import { render } from 'preact'
import { learn, spoken } from '../language/say.ts'
import { settingsOf } from './settings.ts'
import { TaskThread } from './task-thread.tsx'

await learn(new URLSearchParams(location.search).get('lang'))
document.documentElement.lang = spoken() ?? 'en'
render(<TaskThread {...settingsOf(location.search)} />, document.querySelector('#instrument')!)

// A page that may run scripts can make its frame as high as this.
if (parent !== window)
  new ResizeObserver(() =>
    parent.postMessage({ spindle: 'height', height: document.documentElement.scrollHeight }, '*'),
  ).observe(document.body)
