export { default } from 'vitepress/theme-without-fonts'

import '../../../apps/lab/src/tokens/tokens.css'
import './contrast.css'
import './home.css'
import './types-on-hover.css'
