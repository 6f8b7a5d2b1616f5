export const queue = {
  'queue.check': '核对',
  'queue.empty': '都已确认,没有等着传的。',
  'queue.export': '导出未传',
  'queue.log': '传送日志',
  'queue.nextIn': '下次 {n} 秒后',
  'queue.now': '现在就传',
  'queue.title': '传送',
  'queue.waiting': '等网络',
  'queue.why.session': '请重新登录后继续传,记录都在本机',
}
