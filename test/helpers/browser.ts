import { type Browser, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { hasProgram } from './registry/programs.ts'

export const hasBrowser = (): boolean => hasProgram('chromium')

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    // It asks its maker's hosts for nothing.
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'].concat(
      '--disable-background-networking',
      '--disable-component-update',
    ),
  })
}

export type OpenPageOptions = {
  readonly colorScheme?: 'light' | 'dark'
  /** Errors that the page may log: of answers that the test means to fail. */
  readonly mayLog?: RegExp
}

/** A page at this address. What it throws, refuses or logs as an error fails the test that opened it. */
export async function openPage(
  browser: Browser,
  url: string,
  { colorScheme = 'light', mayLog = /^$/ }: OpenPageOptions = {},
): Promise<Page> {
  const context = await browser.newContext({
    colorScheme,
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', ({ message }) => errors.push(message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !mayLog.test(message.text())) errors.push(message.text())
  })
  onTestFinished(async () => {
    await context.close()
    if (errors.length > 0) throw new Error(`the page told errors: ${errors.join('; ')}`)
  })
  await page.goto(url)
  return page
}
