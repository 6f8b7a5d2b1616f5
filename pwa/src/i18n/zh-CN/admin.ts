export const admin = {
  'admin.import': '导入',
  'admin.title': '学校设置',
}
