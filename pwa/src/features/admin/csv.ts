/** CSV as an office's Excel reads and writes it. Pure. */
import type { Language } from '@/i18n/i18n'

/** The most a file may weigh, bytes: all three go in one request of at most 8 MB. */
export const MaxFileBytes = 8_000_000

export type Decoded =
  | { readonly at: 'text', readonly text: string, readonly lines: number }
  /** A workbook, which is no CSV. */
  | { readonly at: 'excel' }
  | { readonly at: 'too_big' }

/** Reads the bytes of a CSV file: UTF-8 with or without a mark, UTF-16 with one (“Unicode text”), else GB 18030. */
export function decodeCSV(bytes: ArrayBuffer): Decoded {
  if (bytes.byteLength > MaxFileBytes) return { at: 'too_big' }
  const [a, b] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength))
  if ((a === 0x50 && b === 0x4b) || (a === 0xd0 && b === 0xcf)) return { at: 'excel' }
  const text = decode(bytes, a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : 'utf-8')
  return { at: 'text', text, lines: text.split(/\r\n|\r|\n/).filter(line => line.trim() !== '').length }
}

function decode(bytes: ArrayBuffer, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: encoding === 'utf-8' }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes) // no UTF-8: what Chinese Excel saves as CSV
  }
}

/** Writes rows for Excel: with a mark, so that it knows UTF-8, and without anything it would run as a formula. */
export function encodeCSV(rows: readonly (readonly string[])[]): string {
  return `\uFEFF${rows.map(row => row.map(cell).join(',')).join('\r\n')}\r\n`
}

function cell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

/** One of the three files, by the name the server gives it. */
export type ImportFile = 'people' | 'places' | 'calendar'

interface Column { readonly name: string, readonly heading: string }

/** The columns of each file as the server knows them: name in faults and in English files, heading in Chinese ones. */
const columns: Readonly<Record<ImportFile, readonly Column[]>> = {
  people: [
    { name: 'username', heading: '用户名' }, { name: 'name', heading: '姓名' }, { name: 'post', heading: '职务' }, { name: 'role', heading: '角色' },
    { name: 'unit', heading: '部门' }, { name: 'level', heading: '级别' }, { name: 'order', heading: '排序' }, { name: 'admin', heading: '管理员' },
    { name: 'liaison', heading: '联络员' }, { name: 'disabled', heading: '停用' },
  ],
  places: [
    { name: 'code', heading: '编号' }, { name: 'name', heading: '名称' }, { name: 'campus', heading: '校区' }, { name: 'venue', heading: '类型' },
    { name: 'order', heading: '排序' }, { name: 'retired', heading: '停用' },
  ],
  calendar: [
    { name: 'kind', heading: '类型' }, { name: 'name', heading: '名称' }, { name: 'from', heading: '开始' }, { name: 'to', heading: '结束' }, { name: 'weeks', heading: '周数' },
  ],
}

/** Two invented lines each, to write over. */
const examples: Readonly<Record<ImportFile, readonly (readonly string[])[]>> = {
  people: [
    ['zhangsan', '张三', '副书记', '校领导', '校领导班子', '学校', '1', '否', 'lisi', '否'],
    ['lisi', '李四', '秘书', '联络员', '党政办公室', '机关部处', '2', '否', '', '否'],
  ],
  places: [
    ['WT05', '梧桐苑5栋', '主校区', '宿舍', '1', '否'],
    ['ST02', '二食堂', '主校区', '食堂', '2', '否'],
  ],
  calendar: [
    ['学期', '2026–2027-1', '2026-09-07', '', '18'],
    ['放假', '国庆', '2026-10-01', '2026-10-07', ''],
  ],
}

/** The template of one file, for Excel. */
export function template(file: ImportFile): string {
  return encodeCSV([columns[file].map(column => column.heading), ...examples[file]])
}

export const importFiles: readonly ImportFile[] = ['people', 'places', 'calendar']

/** Which of the files a fault (`people.csv`) is in; undefined for one of a newer server. */
export function fileOf(name: string): ImportFile | undefined {
  return importFiles.find(file => name === `${file}.csv`)
}

/** How a column of a fault is called in the files; one of a newer server keeps its name. */
export function columnWords(file: ImportFile | undefined, name: string, language: Language): string {
  const column = file === undefined ? undefined : columns[file].find(each => each.name === name)
  return column === undefined || language === 'en' ? name : column.heading
}
