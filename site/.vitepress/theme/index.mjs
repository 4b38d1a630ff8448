export { default } from 'vitepress/theme'

import './contrast.css'
