// The whole login in a real browser: sign in at the form, consent, and land on the page that can be closed.
import { existsSync } from 'node:fs'
import { chromium, type Page } from 'playwright-core'
import t from 'tap'
import { Logins } from '../../src/oidc/logins.ts'
import { RunningProvider } from './provider.ts'
import { factor, strong } from './provider-facts.ts'
import { failureOf, found, taken } from './sso.ts'

/** Debian's. */
const program = '/usr/bin/chromium'
const actionMsMax = 20_000

const skip = existsSync(program) ? false : 'chromium is missing: apt install chromium'

async function sign(page: Page): Promise<void> {
  await page.getByLabel('Name').fill('ada')
  await page.getByLabel('Password').fill('anything')
}

t.test('a human signs in with a real browser', { skip }, async (t) => {
  const running = await RunningProvider.start(t)
  const provider = await found(t, running.issuer)
  const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] })
  t.teardown(() => browser.close())
  const context = await browser.newContext()
  context.setDefaultTimeout(actionMsMax)
  const page = await context.newPage()
  const logins = new Logins()

  await t.test('sign in, consent, land', async (t) => {
    const login = await logins.byBrowser(provider)
    t.teardown(() => login.cancel())
    await page.goto(login.url)
    await sign(page)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('heading', { name: 'Allow sget to know you?' }).waitFor()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('heading', { name: 'You can close this tab' }).waitFor()
    t.match((await taken(t, login)).facts, { subject: 'ada', amr: ['pwd'] })
    const asks = page.evaluate(`fetch('${running.issuer}', { mode: 'no-cors' })`)
    await t.rejects(asks, /fetch/, 'and the page asks nobody anything')
  })

  await t.test('a step-up asks for the second factor', async (t) => {
    const login = await logins.byBrowser(provider, { demand: { acr: [strong] }, subject: 'ada' })
    t.teardown(() => login.cancel())
    await page.goto(login.url)
    await sign(page)
    await page.getByLabel('Code').fill(factor)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('heading', { name: 'You can close this tab' }).waitFor()
    t.match((await taken(t, login)).facts, { acr: strong })
  })

  await t.test('refuse', async (t) => {
    const login = await logins.byBrowser(provider)
    t.teardown(() => login.cancel())
    await page.goto(login.url)
    await page.getByRole('button', { name: 'Refuse' }).click()
    await page.getByRole('heading', { name: 'You can close this tab' }).waitFor()
    t.equal(await failureOf(t, login.session), 'denied')
  })
})
