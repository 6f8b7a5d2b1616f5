import { describe, expect, it } from 'vitest'
import { findSigns, isIdNumber, maskSigns } from './screening'

const instead = { id: '〔身份证号〕', phone: '〔手机号〕', number: '〔学号〕', name: '某' }

describe('signs of a student in free text', () => {
  it.each([
    ['身份证 11010519491231002X 已核', '身份证 〔身份证号〕 已核'],
    ['打13812345678找他', '打〔手机号〕找他'],
    ['电话 +86 138-1234-5678。', '电话 〔手机号〕。'],
    ['学号20240156找不到', '学号〔学号〕找不到'],
    ['学号202401561234', '学号〔学号〕'],
    ['学号２０２４０１５６', '学号〔学号〕'],
    ['张三同学反映热水短', '某同学反映热水短'],
    ['欧阳不算,李某同学也不算', '欧阳不算,李某同学也不算'],
    ['同学王小明说排队久', '同学某说排队久'],
    ['1381234567 和 13812345678', '〔学号〕 和 〔手机号〕'],
  ])('%s', (text, want) => {
    expect(maskSigns(text, instead)).toBe(want)
  })

  it.each([
    '聊到热水时间短、自习室关门早;当场联系后勤核实。', '排队刷卡同桌就餐,同学说面食窗口少', '大一同学对专业前景有些迷茫', '许多同学、高年级同学和江苏同学',
    '2024级软件2班', '20261117 那天', '202611171920 开始', '2026-11-17 19:20', '热水 22:30 停', '约 1200 人', '110105194912310021', '桃李社(志愿服务)同学',
  ])('none in %s', (text) => {
    expect(findSigns(text)).toEqual([])
  })
})

it('knows an id number by its check digit', () => {
  expect([isIdNumber('11010519491231002X'), isIdNumber('11010519491231002x'), isIdNumber('110105194912310021')]).toEqual([true, true, false])
})
