import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { buildConsole } from '../../scripts/build-console';
import { audit } from './browser';
import { ana, ben, describeConsole, inConsole } from './open-console';

const sections = ['Conflicts', 'Meetings', 'Mailboxes', 'Setup', 'Connections'];

describeConsole('the console in Chromium', (web) => {
  let page: Page;
  beforeEach(() => void (page = web.page));
  const { open, signIn, card, said, call } = inConsole(web);

  it('asks who is there, and takes the key of the link out of the address', async () => {
    await open();
    await page.getByLabel('API key').fill('atk_unknown');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('The API key is not known.').waitFor();

    await page.goto('about:blank');
    await signIn('');
    expect(page.url()).not.toContain('key');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });

  it('shows both versions of a conflict side by side, and settles it by a choice', async () => {
    const id = await makeConflict();
    await signIn('conflicts');
    const conflict = card('Call Marta back today');
    await conflict.getByRole('button', { name: 'Save my choice' }).click();
    // Nothing is sent before something is chosen.
    expect((await call<{ conflict: object | null }>(`GET /v1/tasks/${id}`)).conflict).not.toBeNull();
    const title = conflict.getByRole('group', { name: 'Title' });
    const [left, right] = await Promise.all(
      ['Task', 'Calendar'].map((side) => title.getByLabel(side).locator('xpath=ancestor::label').boundingBox()),
    );
    expect(left?.y).toBe(right?.y);
    await title.getByLabel('Calendar').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await said('is settled; the calendar follows.');
    expect(await call(`GET /v1/tasks/${id}`)).toMatchObject({ title: 'Call Marta next week', conflict: null });
  });

  it('shows what begins soon, and how the mailboxes are', async () => {
    await call(`PUT /v1/mailboxes/${ana}`, {});
    const start = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 120_000).toISOString();
    const meeting = { host: ana, start, durationMinutes: 30, summary: 'Offer', allowConflicts: true };
    await call('POST /v1/meetings', meeting);
    await signIn('meetings');
    await card('Offer').getByRole('link', { name: 'Join Offer' }).waitFor();

    await page.getByRole('link', { name: 'Mailboxes' }).click();
    await card(ana).getByText('ends in 6 days').waitFor();
    await card(ana).getByRole('button', { name: 'Read now' }).click();
    await said(`${ana} is being read.`);
  });

  it('offers to try parked messages again', async () => {
    await call(`PUT /v1/mailboxes/${ana}`, {});
    const parkedMessages = [{ messageId: 'm-1', attempts: 3, code: 'bug', parkedAt: new Date().toISOString() }];
    await page.route(/\/v1\/mailboxes/, async (route) => {
      const answer = await route.fetch();
      const text = (await answer.text()).replaceAll('"parked":0', '"parked":1');
      const body = text.replace('"parkedMessages":[]', `"parkedMessages":${JSON.stringify(parkedMessages)}`);
      await route.fulfill({ response: answer, body });
    });
    await signIn('mailboxes');
    await card(ana).getByText('Messages that were set aside').click();
    await card(ana).getByText('bug, 3 attempts').waitFor();
    const replay = page.waitForRequest((request) => request.url().endsWith(':replayParked'));
    await card(ana).getByRole('button', { name: 'Try parked messages again' }).click();
    expect((await replay).method()).toBe('POST');
    await said(`The parked messages of ${ana} are tried again.`);
  });

  it('comes with the headers that hosting sends, and runs under them', async () => {
    const answer = await open();
    const policy = answer?.headers()['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    await page.evaluate(`document.body.append(Object.assign(document.createElement('script'), { text: 'evil = 1' }))`);
    expect(await page.evaluate('typeof evil')).toBe('undefined');
    expect(web.complaints.splice(0)).toEqual([expect.stringContaining('Content Security Policy')]);
  });

  it('signs in with Google where it is deployed, as any caller does', async () => {
    const deployed = await buildConsole(join(__dirname, '..', '..'), { clientId: 'client-1' });
    for (const file of ['console.js', 'config.json'])
      await page.route(`**/${file}`, (route) =>
        route.fulfill({
          body: deployed.get(file) ?? '',
          contentType: file.endsWith('js') ? 'text/javascript' : 'application/json',
        }),
      );
    const body = `google = { accounts: { id: {
      initialize: (options) => (google.options = options), renderButton() {}, disableAutoSelect() {},
      prompt: () => document.title === 'Sign in – Attaché' && !google.asked && (google.asked = true) && google.options.callback({ credential: 'id.token.' + google.options.client_id }),
    } } }`;
    await page.route('https://accounts.google.com/gsi/client', (route) =>
      route.fulfill({ body, contentType: 'text/javascript' }),
    );
    const whoami = page.waitForRequest((request) => request.url().endsWith('/v1/whoami'));
    await open(`key=${web.stack.apiKey}`);
    expect((await whoami).headers()['authorization']).toBe('Bearer id.token.client-1');
    // The local stack refuses the token, and the console asks again.
    await page.getByRole('alert').getByText('an ID token that is signed').waitFor();
    expect(await page.getByLabel('API key').count()).toBe(0);
  });

  it('is looked over by an audit that finds what is wrong', async () => {
    await page.setContent(`<h1>One</h1><h1 id="a">Two</h1><button id="a"></button><label for="b">Gone</label>
      <p style="color: #999">Pale</p><div style="width: 3000px">Wide</div>`);
    const found = (await audit(page)).map((problem) => problem.replace(/:.*/, ''));
    expect(found).toEqual([
      'no name',
      'nothing has the id b',
      'contrast 2.85',
      'twice',
      'not exactly one h1',
      'wider than the window',
    ]);
  });

  it.each([
    ['desktop', 1280, 'light'],
    ['phone', 390, 'light'],
    ['phone', 390, 'dark'],
  ] as const)('can be read and used by everybody on a %s, %i wide, %s', async (_, width, scheme) => {
    await makeConflict();
    await call(`PUT /v1/mailboxes/${ana}`, {});
    await page.context().close();
    page = web.page = await web.openPage({ width, height: 800 }, scheme);
    await open();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await audit(page)).toEqual([]);
    await signIn();
    for (const name of sections) {
      const link = page.getByRole('link', { name, exact: true });
      await link.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await page.locator('[aria-busy]').waitFor({ state: 'detached' });
      expect(await page.evaluate('document.activeElement.tagName')).toBe('H1');
      for (const closed of await page.locator('details:not([open]) summary').all()) await closed.click();
      expect({ name, problems: await audit(page) }).toEqual({ name, problems: [] });
    }
    await page.getByRole('button', { name: 'Disconnect …' }).first().click();
    expect(await audit(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('Tab');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
  });

  /** A task whose title is changed here and in the calendar at once. Its id. */
  async function makeConflict(): Promise<string> {
    type Task = { id: string; syncStatus: string; googleCalendarEventId: string; conflict: object | null };
    await call('POST /v1/connections', { email: ben });
    const due = '2030-03-11T10:00:00Z';
    const { id } = await call<Task>('POST /v1/tasks', { email: ben, title: 'Call Marta', due, syncToCalendar: true });
    const reach = async (isReached: (task: Task) => boolean) => {
      for (;;) {
        const task = await call<Task>(`GET /v1/tasks/${id}`);
        if (isReached(task)) return task;
        await sleep(50);
      }
    };
    const { googleCalendarEventId: eventId } = await reach(({ syncStatus }) => syncStatus === 'synced');
    // The task's change is still on its way when the event changes.
    const delay = { match: { method: 'calendar.events.patch' }, times: 1, fault: { type: 'delay', ms: 500 } } as const;
    web.stack.workspace.faults.add(delay);
    await call(`PATCH /v1/tasks/${id}`, { title: 'Call Marta back today' });
    await fetch(`${web.stack.workspace.url}/admin/users/${ben}/events/${eventId}?calendarId=${ben}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ summary: 'Call Marta next week' }),
    });
    await reach(({ conflict }) => conflict !== null);
    return id;
  }
});
