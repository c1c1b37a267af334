import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';

/** Debian's package. */
const executablePath = '/usr/bin/chromium';

/** Only where there is a browser; elsewhere it says so. */
export function describeInBrowser(title: string, suite: () => void): void {
  if (existsSync(executablePath)) return describe(title, suite);
  console.warn(`\nSKIPPED: ${title}, because ${executablePath} is not installed (apt-get install chromium).`);
  describe.skip(title, suite);
}

/** A browser with a profile of its own, which goes with it. */
export function launchBrowser(): Promise<Browser> {
  const quiet = ['no-first-run', 'disable-background-networking', 'disable-component-update', 'disable-sync'];
  return chromium.launch({
    executablePath,
    args: ['no-sandbox', 'disable-gpu', 'disable-quic', ...quiet].map((name) => `--${name}`),
  });
}

/** What is wrong with the page as it stands; see console/audit.fixture.ts. */
export async function audit(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`${await auditScript()}; audit.auditPage()`);
}

async function auditScript(): Promise<string> {
  const entry = join(__dirname, '..', '..', 'console', 'audit.fixture.ts');
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, write: false, globalName: 'audit' });
  return outputFiles[0]?.text ?? '';
}
