/**
 * Finds what could name a student in free text, so that the writer can take it out before saving (P4). It warns and offers;
 * nobody is kept from saving.
 */
export type Sign = 'id' | 'phone' | 'number' | 'name'

export interface Finding { readonly sign: Sign, readonly text: string, readonly at: number }

/** The findings in `text`, in order. They never overlap. */
export function findSigns(text: string): readonly Finding[] {
  return [...numbersIn(text), ...namesIn(text)].sort((a, b) => a.at - b.at)
}

/** `text` with every finding replaced by `instead` of its sign. */
export function maskSigns(text: string, instead: Readonly<Record<Sign, string>>): string {
  let masked = ''
  let from = 0
  for (const { sign, text: found, at } of findSigns(text)) {
    masked += text.slice(from, at) + instead[sign]
    from = at + found.length
  }
  return masked + text.slice(from)
}

// No look-behind: Safari has it only since 16.4. A run of digits is taken whole and judged by what it is.
function numbersIn(text: string): Finding[] {
  const plain = text.replace(/[０-９Ｘｘ]/g, wide => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
  const found: Finding[] = []
  for (const match of plain.matchAll(/\+?\d(?:[ -]?\d)*[Xx]?/g)) {
    const sign = signOf(match[0])
    if (sign !== undefined) found.push({ sign, text: text.slice(match.index, match.index + match[0].length), at: match.index })
  }
  return found
}

function signOf(run: string): Sign | undefined {
  const digits = run.replace(/[ +-]/g, '')
  if (isIdNumber(digits)) return 'id'
  if (/^(86)?1[3-9]\d{9}$/.test(digits)) return 'phone'
  // Spaces and dashes stand in dates and times too: only an unbroken run is a student number.
  return /^\d{8,12}$/.test(run) && !isDate(run) ? 'number' : undefined
}

/** An id number of 18 places whose check digit is right (GB 11643). */
export function isIdNumber(text: string): boolean {
  if (!/^\d{17}[\dXx]$/.test(text)) return false
  let sum = 0
  for (let i = 0; i < 17; i++) sum += Number(text[i]) * (2 ** (17 - i) % 11)
  return '10X98765432'[sum % 11] === text[17]?.toUpperCase()
}

/** 20261117, or with a time behind it: 202611171920. */
function isDate(run: string): boolean {
  const [, month = '', day = ''] = /^(?:19|20)\d\d(\d\d)(\d\d)(?:\d{4})?$/.exec(run) ?? []
  return month >= '01' && month <= '12' && day >= '01' && day <= '31'
}

const surnames = '王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵覃武钱戴严莫孔向汤'
/** Words that begin like a surname and stand before 同学 without naming anybody. */
const common = /^(许多|高年|任何|周围|江苏|云南|安徽|金融|方便|程序|马上|白天|石油|严重|向往|武术|武汉|钱塘|龙舟|夏令|黄金|林学|田径|韩语|汉语|唐代|史学|于是|马列|文科|余下|何种|何时)/

function namesIn(text: string): Finding[] {
  const found: Finding[] = []
  const before = new RegExp(`[${surnames}](?:某{1,2}|[\\u4e00-\\u9fff]{1,2})?(?=同学)`, 'g')
  for (const match of text.matchAll(before)) add(match[0], match.index)
  const after = new RegExp(`同学([${surnames}][\\u4e00-\\u9fff]{1,2})(?=[,,。;;、::\\s]|说|反映|提|表示|$)`, 'g')
  for (const match of text.matchAll(after)) add(match[1] ?? '', match.index + 2)
  return found

  function add(name: string, at: number): void {
    // 某 already hides the person.
    if (name !== '' && !name.includes('某') && !common.test(name)) found.push({ sign: 'name', text: name, at })
  }
}
