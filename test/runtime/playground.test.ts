import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { validate } from '@readme/openapi-parser'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonSchema } from '../../src/construct/index.ts'
import { hasBrowser, type OpenPageOptions, openBrowser, openPage } from '../helpers/browser.ts'
import { type Container, startContainer, untilReady } from '../helpers/container.ts'
import { folder } from '../helpers/folder.ts'
import { artifactOf } from '../helpers/served.ts'

const bytes = { type: 'string', contentEncoding: 'base64', 'x-flambe-type': 'Uint8Array' } as const

const scaling: JsonSchema = {
  type: 'object',
  properties: {
    values: { type: 'array', items: { type: 'number' }, minItems: 1, description: 'What is scaled.' },
    factor: { type: 'number', minimum: 0, default: 2 },
    mode: { enum: ['up', 'down'] },
    note: { type: 'string' },
  },
  required: ['values', 'mode'],
  additionalProperties: false,
  examples: [{ values: [1, 2, 3], factor: 4, mode: 'up', note: "it's" }],
}
const scale = `predict({ values, factor = 2, note }) { return { scaled: values.map((one) => one * factor), note } }`

let browser: Browser

/** A server for this component, and the page of it once it is ready to send. */
async function open(
  body: string,
  described: Parameters<typeof artifactOf>[1],
  { env, ...options }: OpenPageOptions & { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly page: Page; readonly container: Container }> {
  const container = await startContainer(await artifactOf(body, described), { ...(env && { env }) })
  await untilReady(container)
  const page = await openPage(browser, container.url, options)
  if (!env?.['FLAMBE_TOKEN']) await page.locator('#send:enabled').waitFor()
  return { page, container }
}

const answer = (page: Page) => page.locator('#answer')
const status = (page: Page) => page.locator('#status')

describe.skipIf(!hasBrowser())('the playground', () => {
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  test('shows what is served, and sends the example of its doc comment by Ctrl+Enter', async () => {
    const { page } = await open(scale, { input: scaling, description: 'Scales numbers.' })
    await expect.poll(() => page.locator('#health').textContent()).toBe('ready')
    expect(await page.locator('h1').textContent()).toBe('engine')
    expect(await page.locator('#version').textContent()).toBe('0.0.0')
    expect(await page.locator('#text').textContent()).toBe('Scales numbers.')
    expect(await page.getByLabel('values').inputValue()).toBe('1, 2, 3')
    await page.keyboard.press('Control+Enter')
    await expect
      .poll(() => status(page).textContent())
      .toMatch(/^200 OK · \d+ B · [\d.]+ ms \(queue [\d.]+ ms, compute [\d.]+ ms\)$/)
    expect(JSON.parse((await answer(page).textContent()) ?? '')).toEqual({ scaled: [4, 8, 12], note: "it's" })
  })

  test('copies a curl line that a shell runs to the same answer', async () => {
    const { page } = await open(scale, { input: scaling })
    await page.getByLabel('factor').fill('10')
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    const line = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(JSON.parse(execFileSync('sh', ['-c', line], { encoding: 'utf8' }))).toEqual({
      scaled: [10, 20, 30],
      note: "it's",
    })
  })

  test('marks the fields that do not fit, says why, and goes to the first', async () => {
    const { page } = await open(scale, { input: scaling }, { mayLog: /422/ })
    await page.getByLabel('values').fill('1, two')
    await page.getByLabel('factor').fill('-1')
    await page.getByRole('button', { name: 'Predict' }).click()
    await expect.poll(() => status(page).textContent()).toMatch(/^422 /)
    const values = page.getByLabel('values')
    expect(await values.getAttribute('aria-invalid')).toBe('true')
    expect(await values.and(page.locator(':focus')).count()).toBe(1)
    const described = (await values.getAttribute('aria-describedby')) ?? ''
    const told = await page
      .locator(
        described
          .split(' ')
          .map((id) => `#${id}`)
          .join(','),
      )
      .allTextContents()
    expect(told).toContain('must be number')
    expect(await page.locator('.violation').allTextContents()).toEqual(['must be number', 'must be >= 0'])
    await values.fill('1')
    await page.getByLabel('factor').fill('1')
    await page.keyboard.press('Control+Enter')
    await expect.poll(() => status(page).textContent()).toMatch(/^200 /)
    expect(await page.locator('[aria-invalid], .violation').count()).toBe(0)
  })

  test('carries a value over between form and editor, and keeps an editor that is no JSON', async () => {
    const { page } = await open(scale, { input: scaling })
    await page.getByLabel('values').fill('5 6')
    await page.getByText('JSON', { exact: true }).click()
    const editor = page.getByLabel('Input as JSON')
    expect(JSON.parse(await editor.inputValue())).toMatchObject({ values: [5, 6], mode: 'up' })
    await editor.fill('{"values": [7], ')
    await page.getByText('Form', { exact: true }).click()
    expect(await editor.isVisible()).toBe(true)
    await editor.fill('{"values": [7], "mode": "down", "note": "hi"}')
    await page.getByText('Form', { exact: true }).click()
    expect(await page.getByLabel('values').inputValue()).toBe('7')
    expect(await page.getByLabel('note').inputValue()).toBe('hi')
    expect(await page.getByLabel('factor').inputValue()).toBe('')
  })

  test('shows a stream as it comes, and stops it', async () => {
    const endless = `async *predict(input, { signal, log }) {
      try {
        for (let index = 0; ; index++) { yield 'item ' + index + ' '; await new Promise((go) => setTimeout(go, 20)) }
      } finally { log('stopped') }
    }`
    const { page, container } = await open(endless, {
      input: { type: 'null' },
      output: { type: 'string' },
      stream: true,
    })
    await page.getByRole('button', { name: 'Predict' }).click()
    await expect.poll(() => answer(page).textContent()).toMatch(/^item 0 item 1 item 2 /)
    expect(await status(page).textContent()).toMatch(/^200 OK · first item after /)
    await page.getByRole('button', { name: 'Stop' }).click()
    await expect.poll(() => status(page).textContent()).toMatch(/ · stopped · \d+ items? · /)
    await expect.poll(() => container.output.stdout, { timeout: 5000 }).toContain('"stopped"')
  })

  test('shows the failure that ends a stream', async () => {
    const broken = `async *predict() { yield { n: 1 }; throw new Error('no') }`
    const { page } = await open(broken, { input: { type: 'null' }, stream: true })
    await page.getByRole('button', { name: 'Predict' }).click()
    await expect.poll(() => answer(page).textContent()).toMatch(/^\{"n":1\}The component failed/)
  })

  test.each<[string, JsonSchema, string]>([
    ['as the body', bytes, 'predict(given) { return { size: given.length, kind: given.constructor.name } }'],
    [
      'beside other values, in a form',
      {
        type: 'object',
        properties: { file: bytes, scale: { type: 'number', default: 2 } },
        required: ['file'],
      },
      'predict({ file, scale }) { return { size: file.length * scale, kind: file.constructor.name } }',
    ],
    [
      'inside of JSON, where a form cannot hold it',
      {
        type: 'object',
        properties: { deep: { type: 'object', properties: { file: bytes }, required: ['file'] } },
        required: ['deep'],
      },
      'predict({ deep: { file } }) { return { size: file.length, kind: file.constructor.name } }',
    ],
  ])('sends a file %s', async (_, input, body) => {
    // Before the page, so that it outlives it: the page reads it again for the curl line.
    const file = join(folder({ 'a.bin': new Uint8Array(300) }), 'a.bin')
    const { page } = await open(body, { input })
    await page.locator('input[type=file]').setInputFiles(file)
    await page.getByRole('button', { name: 'Predict' }).click()
    const size = JSON.stringify(input).includes('scale') ? 600 : 300
    await expect
      .poll(async () => JSON.parse((await answer(page).locator('pre').textContent()) ?? ''))
      .toEqual({
        size,
        kind: 'Uint8Array',
      })
  })

  test('asks for the token of a server that has one, and keeps it out of the curl line', async () => {
    const env = { FLAMBE_TOKEN: 'very-secret' }
    const { page } = await open(scale, { input: scaling }, { env, mayLog: /401/ })
    await page.getByText('This server needs a token.').waitFor()
    await page.getByLabel('Token').fill('a wrong one')
    await page.keyboard.press('Enter')
    await page.getByText('This token is not taken.').waitFor()
    await page.getByLabel('Token').fill('very-secret')
    await page.keyboard.press('Enter')
    await page.locator('#send:enabled').waitFor()
    await page.keyboard.press('Control+Enter')
    await expect.poll(() => status(page).textContent()).toMatch(/^200 /)
    await expect.poll(() => page.locator('#curl').inputValue()).toContain('Bearer $FLAMBE_TOKEN')
    expect(await page.locator('#curl').inputValue()).not.toContain('very-secret')
  })

  test('follows the colour scheme, and names every input', async () => {
    const { page, container } = await open(scale, { input: scaling })
    const ground = (one: Page) => one.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    const dark = await openPage(browser, container.url, { colorScheme: 'dark' })
    expect(await ground(page)).toBe('rgb(246, 245, 243)')
    expect(await ground(dark)).toBe('rgb(22, 21, 20)')
    const nameless = await page.evaluate<readonly string[]>(`
      [...document.querySelectorAll('input, textarea, select, button')]
        .filter((one) => !one.ariaLabel && !one.ariaLabelledByElements?.length && !one.labels?.length && !one.textContent)
        .map((one) => one.outerHTML)`)
    expect(nameless).toEqual([])
  })

  test('reaches everything by Tab, in the order of the page', async () => {
    const { page } = await open(scale, { input: scaling })
    await page.getByLabel('values').focus()
    const seen: string[] = []
    for (let step = 0; step < 6; step++) {
      seen.push(
        await page.evaluate<string>(
          'document.activeElement.closest(".field, .bar").textContent.trim().slice(0, 5)',
        ),
      )
      await page.keyboard.press('Tab')
    }
    expect(seen).toEqual(['value', 'facto', 'mode*', 'notes', 'Predi', 'curlC'])
  })

  test('runs under a policy that lets nothing else run, and asks no other host', async () => {
    const container = await startContainer(await artifactOf(scale, { input: scaling }))
    await untilReady(container)
    const { headers } = await fetch(container.url)
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'/,
    )
    expect(policy).not.toContain('unsafe')
    const page = await openPage(browser, 'about:blank')
    const asked = new Set<string>()
    page.on('request', (request) => asked.add(new URL(request.url()).origin))
    await page.goto(container.url)
    await page.locator('#send:enabled').waitFor()
    expect([...asked].filter((origin) => origin !== 'null')).toEqual([container.url])
  })

  test('says why a server cannot answer', async () => {
    const artifact = await artifactOf(`setup() { throw new Error('no weights') } ${scale}`, {
      input: scaling,
    })
    const container = await startContainer(artifact)
    await expect
      .poll(() =>
        fetch(`${container.url}/livez`).then(
          ({ ok }) => ok,
          () => false,
        ),
      )
      .toBe(true)
    const page = await openPage(browser, container.url, { mayLog: /503/ })
    await expect.poll(() => page.locator('#health').textContent(), { timeout: 20_000 }).toBe('failed')
    expect(await page.locator('#health').getAttribute('title')).toContain('no weights')
  })
})

test('the page is off where the settings say so; what describes the API stays, and is valid', async () => {
  const artifact = await artifactOf(scale, { input: scaling })
  const container = await startContainer(artifact, { env: { FLAMBE_PLAYGROUND: 'false' } })
  await untilReady(container)
  expect((await fetch(container.url)).status).toBe(404)
  const document = (await (await fetch(`${container.url}/openapi.json`)).json()) as object
  expect(await validate(structuredClone(document) as never)).toMatchObject({ valid: true })
  expect(document).toMatchObject({ info: { title: 'engine', version: '0.0.0' } })
})
