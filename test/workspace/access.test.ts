import { ada, clientFor, errorOf, gmailScope, grace, me, start, workspace } from './workspace.fixture';

afterEach(() => workspace.close());

describe('access', () => {
  beforeEach(() => start());

  test('needs a token that is known and has not expired', async () => {
    const { users } = clientFor();
    await users.getProfile(me);
    workspace.clock.advance(3_600_000);
    expect(await errorOf(users.getProfile(me))).toMatchObject({ code: 401, status: 'UNAUTHENTICATED' });
    const response = await fetch(`${workspace.url}/gmail/v1/users/me/profile`);
    expect(response.status).toBe(401);
  });

  test('is to the token’s own mailbox only, by address or as me', async () => {
    const { users } = clientFor();
    expect((await users.getProfile({ userId: 'Ada@Example.com' })).data.emailAddress).toBe(ada);
    const error = await errorOf(users.getProfile({ userId: grace }));
    expect(error).toMatchObject({ code: 403, errors: [{ reason: 'delegationDenied' }] });
  });

  test('needs one of the method’s scopes', async () => {
    const { users } = clientFor(ada, [gmailScope('readonly')]);
    await users.messages.list(me);
    expect(await errorOf(users.messages.send({ ...me, requestBody: { raw: '' } }))).toMatchObject({
      code: 403,
      status: 'PERMISSION_DENIED',
      errors: [{ reason: 'insufficientPermissions' }],
      details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }],
    });
  });

  test('by the metadata scope gives no bodies and no search', async () => {
    const { users } = clientFor(ada, [gmailScope('metadata')]);
    const { id } = workspace.gmail.deliver(ada, { payload: { mimeType: 'text/plain', headers: [] } });
    await users.messages.get({ ...me, id: id ?? '', format: 'metadata' });
    expect((await errorOf(users.messages.get({ ...me, id: id ?? '' }))).code).toBe(403);
    expect((await errorOf(users.messages.list({ ...me, q: 'x' }))).code).toBe(403);
  });

  test('through a service account that names no user finds no mailbox', async () => {
    const error = await errorOf(clientFor('robot@local.iam.gserviceaccount.com').users.getProfile(me));
    expect(error).toMatchObject({
      code: 400,
      status: 'FAILED_PRECONDITION',
      errors: [{ reason: 'failedPrecondition' }],
    });
  });
});
