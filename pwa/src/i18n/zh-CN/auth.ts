export const auth = {
  'auth.failed': '账号或密码不对',
  'auth.name': '账号',
  'auth.offline': '登录需要网络。登录之后,没有网络也能记。',
  'auth.password': '密码',
  'auth.passwordNew': '新密码',
  'auth.signIn': '登录',
  'auth.title': '登录走访',
}
