import type { Page } from 'playwright-core';
import { redirectUriOf } from '../../functions/connections/routes';
import { oauthApp } from '../../scripts/local-functions';
import { audit } from './browser';
import { ana, ben, describeConsole, inConsole } from './open-console';

describeConsole('connections in the console', (web) => {
  let page: Page;
  beforeEach(() => void (page = web.page));
  const { signIn, card, said, call } = inConsole(web);

  it('connects an account by consent, keeps its settings, and lets it go', async () => {
    await signIn('setup');
    const appForm = page.getByRole('listitem').filter({ hasText: 'Register it here' });
    await appForm.getByLabel('Name').fill('Ours');
    await appForm.getByLabel('Client id').fill(oauthApp.clientId);
    await appForm.getByLabel('Client secret').fill(oauthApp.clientSecret);
    await appForm.getByRole('button', { name: 'Register' }).click();
    await said('Ours is registered.');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy the redirect address' }).click();
    await said('Copied: redirect address.');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(redirectUriOf(web.stack.baseUrl));

    await page.getByRole('link', { name: 'Connections' }).click();
    await card('Connect a Google account').getByLabel('User').fill(ana);
    await page.getByRole('button', { name: 'Ask for consent at Google' }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await said('The account is connected.');
    expect(new URL(page.url()).search).toBe('');

    const account = card(ana);
    await account.getByLabel('Import events').check();
    await said('Import events: on.');
    await account.getByText('Colours by type of task').click();
    await account.getByLabel('Calls', { exact: true }).fill('#ff0000');
    await said('Calls have a new colour.');
    await account.getByText('Tomato').first().waitFor();
    const [stored] = await connections();
    expect(stored).toMatchObject({ importExternalEvents: true, taskTypeColors: { call: '#FF0000' } });
    await account.getByRole('button', { name: 'Reset the colour of Calls' }).click();
    await said('Calls have their default colour.');
    await account.getByRole('button', { name: 'Sync all open tasks' }).click();
    await said('0 open tasks on the way to the calendar.');

    await account.getByRole('button', { name: 'Disconnect …' }).click();
    const dialog = page.getByRole('dialog', { name: `Disconnect ${ana}?` });
    await dialog.getByLabel('Also take the consent back').check();
    await dialog.getByRole('button', { name: 'Disconnect', exact: true }).click();
    await said(`Google ended every grant of ${ana}`);
    await account.getByRole('button', { name: 'Connect again' }).waitFor();
    expect(await connections()).toMatchObject([{ status: 'disconnected', taskTypeColors: {} }]);
  });

  it('connects a Zoom account by consent, and lets it go', async () => {
    await signIn();
    const form = card('Connect a Zoom account');
    await form.getByLabel('User').fill(ben);
    await form.getByRole('button', { name: 'Ask for consent at Zoom' }).click();
    await page.getByRole('alert').getByText('There is no OAuth app of Zoom').waitFor();
    await call('POST /v1/integrations', { name: 'Zoom', provider: 'zoom', ...oauthApp });
    await form.getByRole('button', { name: 'Ask for consent at Zoom' }).click();
    await said('The Zoom account is connected.');

    // The local Zoom lets its first user in.
    const account = page.getByRole('article', { name: ana }).filter({ hasText: `Zoom meetings of ${ben}` });
    await account.getByRole('button', { name: 'Disconnect …' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disconnect', exact: true }).click();
    await said(`${ana} is disconnected from Zoom.`);
    expect(await page.evaluate('document.activeElement.textContent')).toBe(`${ana} is disconnected from Zoom.`);
    expect(await call('GET /v1/zoomAccounts')).toMatchObject({ zoomAccounts: [] });
  });

  it('offers the way out of every state that a connection can be in', async () => {
    const { connectionId } = await call<{ connectionId: string }>('POST /v1/connections', { email: ben });
    const show = async (changes: object) => {
      await page.route(/\/v1\/connections\?/, async (route) => {
        const answer = await route.fetch();
        const { connections } = (await answer.json()) as { connections: { connectionId: string }[] };
        const own = connections.filter((one) => one.connectionId === connectionId);
        await route.fulfill({ response: answer, json: { connections: own.map((one) => ({ ...one, ...changes })) } });
      });
      await page.goto('about:blank');
      await signIn();
      await card(ben).waitFor();
      expect(await audit(page)).toEqual([]);
      return (await card(ben).getByRole('button').allTextContents()).filter((text) => !/Cancel|Disconnect$/.test(text));
    };
    const oauth = { kind: 'oauth' };
    expect(await show({ ...oauth, status: 'needsAuth', statusReason: 'invalidGrant' })).toEqual([
      'Connect again',
      'Disconnect …',
    ]);
    expect(await show({ ...oauth, features: ['mail'] })).toEqual(['Ask for the calendar, too', 'Disconnect …']);
    expect(await show({ status: 'disconnected' })).toEqual(['Connect again']);
    await call(`DELETE /v1/connections/${connectionId}`);
    await card(ben).getByRole('button', { name: 'Connect again' }).click();
    await said(`${ben} is connected.`);
    await card(ben).getByRole('button', { name: 'Sync now' }).waitFor();
  });

  it('shows more of a long list on demand, and goes on there', async () => {
    const zoom = (email: string) => ({
      email,
      account: email,
      integrationId: 'int_1',
      status: 'active',
      statusReason: null,
    });
    await page.route(/\/v1\/zoomAccounts/, (route) => {
      const isNext = new URL(route.request().url()).searchParams.get('pageToken') === 'ana%40example.com';
      const json = isNext
        ? { zoomAccounts: [zoom(ben)], nextPageToken: null }
        : { zoomAccounts: [zoom(ana)], nextPageToken: 'ana%40example.com' };
      return route.fulfill({ json });
    });
    await signIn();
    await page.getByRole('button', { name: 'Show more' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText(`Zoom meetings of ${ben}`).waitFor();
    await page.getByRole('button', { name: 'Show more' }).waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe(ben);
  });

  it('says what a refused consent means, and what to do about a request that fails', async () => {
    await signIn();
    await page.goto(`${web.stack.baseUrl}/?error=consentDenied#connections`);
    await page.getByRole('alert').getByText('The consent was not given').waitFor();
    await page.goto(`${web.stack.baseUrl}/v1/connections/callback?state=old&code=used`);
    await page.getByRole('alert').getByText('This consent was not started in this browser').waitFor();
    await page.getByRole('alert').getByText('Connect again, one account at a time').waitFor();
    await card('Connect a Google account').getByLabel('User').fill('nobody@elsewhere.example');
    await page.getByRole('button', { name: 'Connect by delegation' }).click();
    const alert = page.getByRole('alert');
    await alert.getByText('There is no mailbox nobody@elsewhere.example').waitFor();
    await alert.getByText('GET /v1/mailboxes lists the mailboxes').waitFor();
  });

  async function connections(): Promise<object[]> {
    return (await call<{ connections: object[] }>('GET /v1/connections')).connections;
  }
});
