// Signing in through sgetd: a real provider, a human who fills in its forms, and many who wait for them.
import t from 'tap'
import { RunningProvider } from '../packages/courier/test/oidc/provider.ts'
import { Instance } from './rig/instance.ts'
import { Asker, configFor, configure } from './rig/signing-in.ts'

const provider = await RunningProvider.start(t)
const instance = await Instance.create()
t.teardown(() => instance.remove())
await configure(instance, configFor(provider.issuer))

t.test('a human signs in, and who they are can be seen', async (t) => {
  const asker = new Asker(instance)
  t.teardown(() => asker.leave())
  t.match(await asker.session(), { issuer: provider.issuer, signedIn: false, inviting: false, subject: '' })
  const login = asker.login()
  t.match(await login.invited(), { url: /^http/, code: '', seconds: 300 })
  t.match(await asker.session(), { signedIn: false, inviting: true })
  t.equal(await login.signIn(), 'done')
  t.match(await asker.session(), {
    signedIn: true,
    inviting: false,
    subject: 'ada',
    renewable: true,
    remembered: false,
  })
})
