import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { columnWords, decodeCSV, encodeCSV, fileOf, importFiles, MaxFileBytes, template } from './csv'

const bytes = (...numbers: number[]): ArrayBuffer => new Uint8Array(numbers).buffer
const utf8 = (text: string): ArrayBuffer => new TextEncoder().encode(text).slice().buffer

describe('decodeCSV', () => {
  it.each([
    { name: 'UTF-8', file: utf8('姓名,职务\r\n张三,书记\r\n'), text: '姓名,职务\r\n张三,书记\r\n', lines: 2 },
    { name: 'UTF-8 with a mark', file: utf8('\uFEFF姓名'), text: '姓名', lines: 1 },
    // 姓名 in GB 18030: D0 D5 C3 FB
    { name: 'GB 18030', file: bytes(0xd0, 0xd5, 0xc3, 0xfb, 0x2c, 0x31), text: '姓名,1', lines: 1 },
    // 姓 in UTF-16LE: D3 59
    { name: 'UTF-16 with a mark', file: bytes(0xff, 0xfe, 0xd3, 0x59), text: '姓', lines: 1 },
    { name: 'an empty file', file: bytes(), text: '', lines: 0 },
  ])('reads $name', ({ file, text, lines }) => {
    expect(decodeCSV(file)).toEqual({ at: 'text', text, lines })
  })

  it('knows a workbook, old and new', () => {
    expect(decodeCSV(bytes(0x50, 0x4b, 3, 4))).toEqual({ at: 'excel' })
    expect(decodeCSV(bytes(0xd0, 0xcf, 0x11, 0xe0))).toEqual({ at: 'excel' })
  })

  it('takes no file the server would not', () => {
    expect(decodeCSV(new ArrayBuffer(MaxFileBytes + 1))).toEqual({ at: 'too_big' })
  })
})

describe('encodeCSV', () => {
  it('quotes what needs it and defuses formulas', () => {
    expect(encodeCSV([['a', 'b,"c"'], ['=1+1', 'x\ny']])).toBe('\uFEFFa,"b,""c"""\r\n\'=1+1,"x\ny"\r\n')
  })
})

describe('templates', () => {
  // The server's own list of columns: a heading here that it does not know would be ignored silently.
  const server = readFileSync(new URL('../../../../server/school/files.go', import.meta.url), 'utf8')

  it.each(importFiles)('%s has headings the server knows, and two examples of the same width', (file) => {
    const rows = template(file).replace('\uFEFF', '').trimEnd().split('\r\n').map(line => line.split(','))
    expect(rows).toHaveLength(3)
    for (const row of rows) expect(row).toHaveLength(rows[0]?.length ?? 0)
    for (const heading of rows[0] ?? []) expect(server).toContain(`"${heading}"`)
  })
})

it('columns are called as in the files', () => {
  expect(columnWords(fileOf('people.csv'), 'username', 'zh-CN')).toBe('用户名')
  expect(columnWords(fileOf('people.csv'), 'username', 'en')).toBe('username')
  expect(columnWords(fileOf('later.csv'), 'size', 'zh-CN')).toBe('size')
})
