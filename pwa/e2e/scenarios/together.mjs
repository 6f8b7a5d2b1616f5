// Visits of several people: joint ones, and those entered for somebody else.
import assert from 'node:assert/strict'
import { fillIn, home, openForm, save, settled, signedIn } from '../harness/app.mjs'
import { until } from '../harness/wait.mjs'

export const joint = {
  name: 'a joint visit counts for the colleague after one tap on their own phone, and a proxy entry for whom it was entered',
  async run(world) {
    const [, mine] = await signedIn(world, 'mishu')
    await settled(mine)
    await openForm(mine)
    await fillIn(mine)
    await mine.getByText('时间、时长、同行等').click()
    await mine.getByRole('button', { name: '添加同行' }).click()
    await mine.getByRole('dialog', { name: '同行' }).getByRole('checkbox', { name: '后勤处长' }).check()
    await mine.getByRole('dialog', { name: '同行' }).getByRole('button', { name: '好了' }).click()
    await save(mine)
    await settled(mine)

    const [, theirs] = await signedIn(world, 'houqin')
    await settled(theirs)
    await theirs.getByText('党政办联络员 记了和您同行的走访').waitFor()
    await theirs.getByRole('button', { name: '确认', exact: true }).click()
    await settled(theirs)
    const them = await world.client('houqin')
    const confirmed = async client => (await client.visits()).some(({ fields }) => Object.entries(fields.confirmations ?? {}).some(([user, { accept }]) => user === client.session.user && accept))
    await until('the confirmation to be on the server', () => confirmed(them))
    assert.equal(await theirs.getByText('请您确认').count(), 0)

    // For somebody else: it is theirs only once they say so.
    await mine.goto(world.origin)
    await home(mine)
    await openForm(mine)
    await fillIn(mine)
    await mine.getByRole('group', { name: '这是谁的走访?' }).getByRole('radio', { name: '副书记' }).check()
    await save(mine)
    await settled(mine)
    const [, leader] = await signedIn(world, 'L03')
    await settled(leader)
    await leader.getByText('党政办联络员 替您记了一次走访').waitFor()
    await leader.getByRole('button', { name: '确认', exact: true }).click()
    const leaders = await world.client('L03')
    await until('the confirmation to be on the server', () => confirmed(leaders))
  },
}
