export { default } from 'vitepress/theme'

import '@shikijs/twoslash/style-rich.css'
import './contrast.css'
import './types-on-hover.css'
