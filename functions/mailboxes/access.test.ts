import { ann, bob } from '../../test/mail-fixture';
import { startMailboxesApi, withoutRequestId, type MailboxesApi } from '../../test/mailboxes-api';
import { mailboxRoutes } from './routes';
import { feed, mailboxList } from './schema';

const stranger = 'stranger@example.com';

let api: MailboxesApi;
beforeAll(async () => {
  api = await startMailboxesApi();
});
afterAll(() => api.close());

const perMailbox = mailboxRoutes.filter(({ mailboxParam }) => mailboxParam !== undefined);
const lineOf = ({ method, path }: (typeof perMailbox)[number], address: string): string =>
  `${method} ${path.replace('{email}', encodeURIComponent(address)).replace('{messageId}', '1900000000000001').replace('{attachmentId}', 'a')}`;
const bodyOf = (line: string): object | undefined => (line.startsWith('PUT') ? {} : undefined);

test('every route but the document itself wants a caller', async () => {
  for (const { method, path, capability } of mailboxRoutes) {
    const url = api.url + path.replaceAll(/\{\w+\}/g, 'x');
    for (const headers of [{}, { 'x-api-key': 'atk_unknown' }, { authorization: 'Bearer x.y.z' }]) {
      const response = await fetch(url, { method, headers });
      expect({ path, status: response.status }).toEqual({ path, status: capability === 'public' ? 200 : 401 });
      if (capability !== 'public') expect(response.headers.get('www-authenticate')).toContain('Bearer');
    }
  }
});

describe.each(perMailbox.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', (_, route) => {
  test.each([
    ['ofBob', ann],
    ['blind', ann],
    ['ofAnn', bob],
    ['ofAnn', stranger],
    ['operator', 'ann@other.example'],
    ['operator', 'ann@sub.example.com'],
    ['operator', 'ann@evil-example.com'],
    ['operator', 'ann@example.com@other.example'],
    ['operator', 'nobody'],
    ['powerless', bob],
  ])('%s asking for %s hears that there is no such mailbox', async (agent, address) => {
    const line = lineOf(route, address);
    const { status, body } = await api.call(agent, line, bodyOf(line));
    expect({ status, code: body.code }).toEqual({ status: 404, code: 'mailboxNotFound' });
  });

  test('who sees the mailbox and may not do this hears which capability is missing', async () => {
    const line = lineOf(route, ann);
    const { status, body } = await api.call('powerless', line, bodyOf(line));
    expect({ status, code: body.code }).toEqual({ status: 403, code: 'missingCapability' });
    expect(body.detail).toContain(route.capability);
  });
});

test('an unseen mailbox, registered or not, answers byte for byte as an unknown one', async () => {
  await api.world.register(ann);
  const unregistered = perMailbox.filter(({ method }) => method !== 'PUT');
  for (const route of unregistered) {
    for (const address of [stranger, 'STRANGER@Example.com']) {
      const line = lineOf(route, address);
      const [unknown, unseen] = [await api.call('operator', line), await api.call('ofAnn', line)];
      expect({ line, status: unknown.status }).toEqual({ line, status: 404 });
      expect(withoutRequestId(unseen)).toBe(withoutRequestId(unknown));
      const names = (answer: typeof unseen) => [...answer.headers.keys()];
      expect(names(unseen)).toEqual(names(unknown));
    }
    const seenByOthers = lineOf(route, ann);
    const registered = await api.call('ofBob', seenByOthers);
    expect(withoutRequestId(registered).replaceAll(ann, stranger)).toBe(
      withoutRequestId(await api.call('ofBob', lineOf(route, stranger))),
    );
  }
  expect(await api.world.record(ann)).toMatchObject({ status: 'active' });
});

test('whoami says what the grant says', async () => {
  expect((await api.call('powerless', 'GET /v1/whoami')).body).toEqual({
    caller: 'powerless',
    mailboxes: [ann],
    domains: [],
    capabilities: [],
  });
});

test('each caller sees its own mailboxes, their events and their state, and no others', async () => {
  for (const address of [ann, bob]) {
    await api.world.register(address);
    api.world.arrive('Hello', { to: address });
    await api.world.push({ of: address });
  }
  api.clock.nowMs += 10_000;
  for (const [agent, expected] of [
    ['ofAnn', [ann]],
    ['ofBob', [bob]],
    ['blind', []],
    ['operator', [ann, bob]],
  ] as const) {
    const { mailboxes: list } = mailboxList.parse((await api.call(agent, 'GET /v1/mailboxes')).body);
    expect(list.map(({ email }) => email)).toEqual(expected);
    const { events } = feed.parse((await api.call(agent, 'GET /v1/events')).body);
    expect(events.map(({ data }) => data.mailbox).sort()).toEqual(expected);
    const { mailboxes } = (await api.call(agent, 'GET /v1/status')).body;
    expect(mailboxes).toEqual(expected.length > 0 ? { active: expected.length } : {});
  }
  expect((await api.call('ofAnn', `GET /v1/events?mailbox=${bob}`)).status).toBe(404);
  for (const line of ['GET /v1/mailboxes', 'GET /v1/events', 'GET /v1/status'])
    expect({ line, status: (await api.call('powerless', line)).status }).toEqual({ line, status: 403 });
});
