import type { Translation } from '../message'
import type { auth as source } from '../zh-CN/auth'

export const auth = {
  'auth.failed': 'The account or the password is not right',
  'auth.name': 'Account',
  'auth.offline': 'Signing in needs a network. After that you can log without one.',
  'auth.password': 'Password',
  'auth.passwordNew': 'New password',
  'auth.signIn': 'Sign in',
  'auth.title': 'Sign in to Zoufang',
} satisfies Translation<typeof source>
