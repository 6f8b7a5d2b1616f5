// From an empty server to people who sign in: set-up, import, first passwords.
import assert from 'node:assert/strict'
import { home, signIn } from '../harness/app.mjs'
import { until } from '../harness/wait.mjs'

const files = {
  people: '用户名,姓名,职务,角色,部门,级别,排序,管理员,联络员\nsj,书记,党委书记,校领导,校领导班子,学校,1,,\nhq,后勤处长,后勤管理处处长,机关部处负责人,后勤管理处,机关部处,2,,\n',
  places: '编号,名称,校区,类型,排序\nA1,松园1栋,主校区,宿舍,1\nA2,一食堂,主校区,食堂,2\n',
  faulty: '编号,名称,校区,类型,排序\nA1,松园1栋,主校区,火星,1\nA2,,主校区,食堂,x\n',
}

export const fromNothing = {
  name: 'an empty server is set up with the one-time code; people and places are imported; somebody signs in and chooses a password',
  world: async () => ({ empty: true }),
  async run(world) {
    const [, code] = /set-up code[^:]*:\s*(\S+)/.exec(world.said) ?? []
    assert.ok(code, 'the server prints a set-up code')
    const phone = await world.phone()
    const page = await phone.start('/')
    await page.getByRole('heading', { name: '建立学校' }).waitFor()
    const fill = (label, text) => page.getByLabel(label, { exact: true }).fill(text)
    await fill('学校名称', '示范学院')
    await fill('您的姓名', '管理员')
    await fill('管理员账号', 'office')
    await fill('密码', 'nine quiet lamps')
    await fill('开通码', 'WRONG-CODE')
    await page.getByRole('button', { name: '建立学校并登录' }).click()
    await page.getByText('开通码不对').waitFor()
    await fill('开通码', code)
    await page.getByRole('button', { name: '建立学校并登录' }).click()
    await page.getByRole('heading', { name: '学校设置' }).waitFor()

    // All faults at once, and nothing half done.
    await page.goto(world.origin + '/school/import')
    await page.getByRole('heading', { name: '导入', exact: true }).waitFor()
    await choose(page, '地点', files.faulty)
    await page.getByRole('button', { name: '先检查', exact: true }).click()
    await page.getByText('有 3 处要改,什么都没有导入').first().waitFor()
    await choose(page, '人员', files.people)
    await choose(page, '地点', files.places)
    await page.getByRole('button', { name: '先检查', exact: true }).click()
    await page.getByText('检查过了,没有问题').first().waitFor()
    await page.getByRole('button', { name: '导入', exact: true }).click()
    await page.getByText('已导入:').first().waitFor()
    const password = (await page.getByRole('row', { name: /hq/ }).innerText()).split(/\s+/).find(word => /^[a-z0-9]+(-[a-z0-9]+)+$/i.test(word))
    assert.ok(password, 'the one-time password is shown')

    const other = await world.phone()
    const theirs = await other.start('/')
    await theirs.getByRole('textbox', { name: '账号', exact: true }).fill('hq')
    await theirs.getByLabel('密码', { exact: true }).fill(password)
    await theirs.getByRole('button', { name: '登录', exact: true }).click()
    await theirs.getByRole('heading', { name: '设一个自己的密码' }).waitFor()
    await theirs.getByLabel('新密码', { exact: true }).fill('12345678')
    await theirs.getByLabel('再输一遍新密码', { exact: true }).fill('12345678')
    await theirs.getByRole('button', { name: '保存新密码' }).click()
    await theirs.getByText('这个密码太容易猜').waitFor()
    await theirs.getByLabel('新密码', { exact: true }).fill('seven grey herons')
    await theirs.getByLabel('再输一遍新密码', { exact: true }).fill('seven grey herons')
    await theirs.getByRole('button', { name: '保存新密码' }).click()
    await home(theirs)
    await theirs.getByRole('button', { name: '记一次走访' }).or(theirs.getByRole('link', { name: '记一次走访' })).first().click()
    await theirs.getByRole('button', { name: '全部地点…' }).click()
    await theirs.getByText('松园1栋').first().waitFor()

    // The one-time password is no longer worth anything.
    const third = await (await world.phone()).start('/')
    await third.getByRole('textbox', { name: '账号', exact: true }).fill('hq')
    await third.getByLabel('密码', { exact: true }).fill(password)
    await third.getByRole('button', { name: '登录', exact: true }).click()
    await third.getByText('账号或密码不对').waitFor()
    await signIn(third, { username: 'hq', password: 'seven grey herons' })
    await until('nobody else to be signed out', async () => await theirs.getByText('请重新登录').count() === 0)
  },
}

/** Hands a CSV file to the field `what` of the import page. */
async function choose(page, what, text) {
  await page.getByLabel(`选文件 · ${what}`).setInputFiles({ name: `${what}.csv`, mimeType: 'text/csv', buffer: Buffer.from(text) })
  await page.getByText(`${what}.csv,`).waitFor()
}
