import type { Browser, Page } from 'playwright-core';
import { startLocalStack, type LocalStack } from '../../scripts/local-stack';
import { describeInBrowser, launchBrowser } from './browser';

export const [ana, ben] = ['ana@example.com', 'ben@example.com'] as const;

/** The console of a local stack of its own, in a page that is new for every test. */
export interface OpenConsole {
  readonly stack: LocalStack;
  /** Set by a test that wants another one. */
  page: Page;
  /** What the browser complained about: scripts that threw, and what the security policy refused. */
  readonly complaints: string[];
  openPage(viewport: { width: number; height: number }, colorScheme?: 'light' | 'dark'): Promise<Page>;
}

export function describeConsole(title: string, suite: (web: OpenConsole) => void): void {
  describeInBrowser(title, () => {
    const silent = () => undefined;
    const complaints: string[] = [];
    let browser: Browser;
    let stack: LocalStack;
    let page: Page;

    async function openPage(
      viewport: { width: number; height: number },
      colorScheme: 'light' | 'dark' = 'light',
    ): Promise<Page> {
      const context = await browser.newContext({ viewport, colorScheme });
      context.setDefaultTimeout(10_000);
      const opened = await context.newPage();
      opened.on('pageerror', ({ message }) => complaints.push(message));
      opened.on('console', (message) => {
        if (message.type() === 'error' && !message.text().startsWith('Failed to load')) complaints.push(message.text());
      });
      return opened;
    }

    beforeAll(async () => {
      stack = await startLocalStack({
        users: [ana, ben],
        port: 0,
        useEmulators: false,
        onLog: silent,
        onNotification: silent,
        onEvent: silent,
      });
      browser = await launchBrowser();
    });

    afterAll(async () => {
      await browser?.close();
      await stack?.close();
    });

    beforeEach(async () => {
      page = await openPage({ width: 1280, height: 900 });
    });

    afterEach(async () => {
      // Whatever the page still waits for goes with it.
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.context().close();
      expect(complaints.splice(0)).toEqual([]);
    });

    suite({
      get stack() {
        return stack;
      },
      get page() {
        return page;
      },
      set page(other) {
        page = other;
      },
      complaints,
      openPage,
    });
  });
}

/** What a person does with the console and reads there, and what others do meanwhile. */
export function inConsole(web: OpenConsole) {
  const open = (section = '') => web.page.goto(`${web.stack.baseUrl}/${section === '' ? '' : `#${section}`}`);
  const signIn = async (section = 'connections') => {
    await open(`key=${web.stack.apiKey}`);
    await web.page.getByRole('button', { name: 'Sign out' }).waitFor();
    await open(section);
  };
  const call = async <Answer>(line: string, body?: object): Promise<Answer> => {
    const [method = '', path = ''] = line.split(' ');
    const answer = await fetch(web.stack.baseUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${web.stack.apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': String(performance.now()),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${line}: ${await answer.text()}`);
    return (await answer.json()) as Answer;
  };
  return {
    open,
    signIn,
    call,
    card: (name: string) => web.page.getByRole('article', { name }),
    said: (text: string) => web.page.getByRole('status').getByText(text).waitFor(),
  };
}
