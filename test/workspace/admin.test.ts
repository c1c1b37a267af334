import * as z from 'zod';
import { ada, admin, clientFor, errorOf, fixture, me, start, workspace } from './workspace.fixture';

afterEach(() => workspace.close());

describe('admin', () => {
  beforeEach(() => start());

  test.each([
    ['POST', '/clock', { advanceMs: -1 }, /advanceMs/],
    ['POST', '/users', { email: 'nobody' }, /email/],
    ['POST', '/users', { email: 'a@example.com', name: 'x' }, /name/],
    ['POST', '/faults', { fault: { type: 'error', status: 200, reason: 'x' } }, /fault\.status/],
    ['POST', '/faults', { match: { user: ada }, fault: { type: 'drop' } }, /match: .*user/],
    ['PATCH', '/settings', { indexingLagMs: '5' }, /indexingLagMs/],
    ['POST', '/idTokens', { email: ada }, /aud/],
    ['POST', `/users/${ada}/messages?internalDateMs=soon`, {}, /internalDateMs/],
  ])('%s %s names the field that is wrong', async (method, path, body, field) => {
    const answer = await admin(method, path, body);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toMatch(field);
  });

  test('unknown users and paths are 404, a second user of the same name 409', async () => {
    expect((await admin('POST', '/users/nobody@example.com/expireHistory')).status).toBe(404);
    expect((await admin('GET', '/nothing')).status).toBe(404);
    expect((await admin('POST', '/users', { email: 'new@example.com' })).status).toBe(201);
    expect((await admin('POST', '/users', { email: 'New@example.com' })).status).toBe(409);
  });

  test('delivers, relabels, deletes and forgets', async () => {
    const { users } = clientFor();
    const { data: profile } = await users.getProfile(me);
    const { body } = await admin('POST', `/users/${ada}/messages?labelIds=SPAM`, fixture('bounce.eml'));
    const { id } = z.object({ id: z.string() }).parse(body);
    await admin('POST', `/users/${ada}/messages/${id}/labels`, { addLabelIds: ['INBOX'], removeLabelIds: ['SPAM'] });
    expect((await users.messages.get({ ...me, id })).data.labelIds).toEqual(['INBOX']);
    await admin('DELETE', `/users/${ada}/messages/${id}`);
    const request = { ...me, startHistoryId: profile.historyId ?? '' };
    expect((await users.history.list(request)).data.history).toHaveLength(4);
    await admin('POST', `/users/${ada}/expireHistory`);
    expect((await errorOf(users.history.list(request))).code).toBe(404);
  });

  test('settings change Google’s rules while it runs', async () => {
    const { users } = clientFor();
    await admin('PATCH', '/settings', { indexingLagMs: 5_000, bodyCharset: 'utf-8' });
    const { body } = await admin('POST', `/users/${ada}/messages`, fixture('latin1-quoted-printable.eml'));
    const { id } = z.object({ id: z.string() }).parse(body);
    expect((await users.messages.list(me)).data.messages).toBeUndefined();
    await admin('POST', '/clock', { advanceMs: 5_000 });
    expect((await users.messages.list(me)).data.messages).toHaveLength(1);
    const { data } = await users.messages.get({ ...me, id });
    expect(Buffer.from(data.payload?.body?.data ?? '', 'base64url').toString()).toContain('März');
  });
});
