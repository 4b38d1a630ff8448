import { describe, expect, it } from 'vitest'
import { grown } from '../size/size.mjs'

const PAGE = '| program | esbuild |\n| --- | --: |\n| spindle: `run` | 10.0 kB |\n| effection | 5.0 kB |\n'

describe('npm run size', () => {
  it('lets a byte more pass, and anything less', () => {
    expect(grown(PAGE.replace('10.0', '10.1'), PAGE)).toEqual([])
    expect(grown(PAGE.replace('10.0', '7.0'), PAGE)).toEqual([])
    expect(grown(PAGE.replace('5.0', '9.0'), PAGE)).toEqual([]) // other libraries are only listed
  })

  it('fails where Spindle has grown, and where the page does not know a program', () => {
    expect(grown(PAGE.replace('10.0', '10.3'), PAGE)).toEqual([['spindle: `run`', [10.3]]])
    expect(grown(PAGE, '')).toEqual([['spindle: `run`', [10]]])
  })
})
