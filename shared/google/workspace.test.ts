import { startWorkspace, type Workspace } from '../../test/workspace/server';
import type { Mailbox } from '../domain/mailbox';
import { createAccessTokens } from './access-tokens';
import { createMailboxes, gmailScopes } from './gmail';
import { createIdTokenVerifier } from './id-tokens';
import { createTokenSource } from './token-sources';

// Everything in this folder together, against the local Workspace: from the service account to the mail.

const ann = 'ann@example.com';
const serviceAccount = 'delegate@local.iam.gserviceaccount.com';
const topicName = 'projects/local/topics/gmail-notifications';
const inbox = { topicName, labelIds: ['INBOX'], labelFilterBehavior: 'include' } as const;

let workspace: Workspace;
let published: string[];
let mailbox: Mailbox;

beforeEach(async () => {
  published = [];
  workspace = await startWorkspace({
    users: [ann, 'bob@example.com'],
    serviceAccounts: [{ email: serviceAccount, scopes: [...gmailScopes] }],
    publish: async (_, { data }) => void published.push(data),
  });
  mailbox = mailboxes(gmailScopes)(ann);
});
afterEach(() => workspace.close());

function mailboxes(scopes: readonly string[]) {
  const clock = { now: Date.now };
  const source = createTokenSource(
    {
      TOKEN_SOURCE: 'keyless',
      OAUTH_TOKEN_URL: `${workspace.url}/token`,
      IAM_CREDENTIALS_API_URL: `${workspace.url}/`,
    },
    { clock, serviceAccount },
  );
  const tokens = createAccessTokens({ source, clock, allowedDomains: ['example.com'], deniedUsers: [] });
  return createMailboxes({ tokens, scopes, apiUrl: `${workspace.url}/` });
}

async function deliver(mail: string): Promise<string> {
  const response = await fetch(`${workspace.url}/admin/users/${ann}/messages`, { method: 'POST', body: mail });
  return ((await response.json()) as { id: string }).id;
}

const attachment = Buffer.from('the attached text');
const mail = [
  'From: Bob <bob@example.com>',
  `To: ${ann}`,
  'Subject: Figures',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="b"',
  '',
  '--b',
  'Content-Type: text/plain',
  '',
  'Hello Ann',
  '--b',
  'Content-Type: text/plain; name="a.txt"',
  'Content-Disposition: attachment; filename="a.txt"',
  'Content-Transfer-Encoding: base64',
  '',
  attachment.toString('base64'),
  '--b--',
  '',
].join('\r\n');

it('follows a mailbox from its watch to a new message and its attachment', async () => {
  const before = await mailbox.getProfile();
  expect(before.emailAddress).toBe(ann);
  const watch = await mailbox.watch(inbox);
  expect(watch.expirationMs).toBeGreaterThan(Date.now());

  const id = await deliver(mail);
  await workspace.settled();
  expect(published).not.toEqual([]);

  const { history, historyId } = await mailbox.listHistory({ startHistoryId: before.historyId });
  expect(history?.flatMap(({ messagesAdded = [] }) => messagesAdded.map(({ message }) => message.id))).toEqual([id]);
  expect((await mailbox.getProfile()).historyId).toBe(historyId);
  expect(await mailbox.listMessages({ q: 'subject:figures', labelIds: ['INBOX'] })).toMatchObject({
    messages: [{ id }],
  });

  const message = await mailbox.getMessage(id);
  expect(message.labelIds).toContain('INBOX');
  expect(message.payload.headers).toContainEqual({ name: 'Subject', value: 'Figures' });
  const attachmentId = message.payload.parts?.[1]?.body?.attachmentId ?? '';
  const { data, size } = await mailbox.getAttachment(id, attachmentId);
  expect(Buffer.from(data, 'base64url').toString()).toBe('the attached text');
  expect(size).toBe(attachment.length);

  const known = published.length;
  await mailbox.stop();
  await deliver(mail);
  await workspace.settled();
  expect(published).toHaveLength(known);
});

it('uses one token for all of it, and a new one once that has expired', async () => {
  const exchanges = () => workspace.statuses['oauth.token']?.['200'];
  await mailbox.getProfile();
  await mailbox.getProfile();
  expect(exchanges()).toBe(1);
  workspace.clock.advance(2 * 3_600_000);
  await mailbox.getProfile();
  expect(exchanges()).toBe(2);
});

it('says in the words of the port what is wrong', async () => {
  const { historyId } = await mailbox.getProfile();
  await deliver(mail);
  workspace.gmail.expireHistory(ann);
  await expect(mailbox.listHistory({ startHistoryId: historyId })).rejects.toMatchObject({ kind: 'checkpointExpired' });
  await expect(mailbox.getMessage('0123456789abcdef')).rejects.toMatchObject({ kind: 'notFound' });

  await mailbox.watch(inbox);
  await expect(mailbox.watch({ ...inbox, topicName: 'projects/local/topics/second' })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'watchTopicConflict',
  });

  workspace.oauth.revokeDelegation(ann);
  await expect(mailbox.getProfile()).rejects.toMatchObject({ kind: 'unauthorized', code: 'unauthorizedClient' });
  workspace.oauth.restoreDelegation(ann);
  await expect(mailbox.getProfile()).resolves.toMatchObject({ emailAddress: ann });
});

it('gets no token for scopes that nobody authorised, or for a user who is not there', async () => {
  const sending = mailboxes(['https://www.googleapis.com/auth/gmail.send'])(ann);
  await expect(sending.getProfile()).rejects.toMatchObject({ kind: 'unauthorized', code: 'unauthorizedClient' });
  const nobody = mailboxes(gmailScopes)('nobody@example.com');
  await expect(nobody.getProfile()).rejects.toMatchObject({ kind: 'unauthorized', code: 'invalidGrant' });
});

it('verifies the ID tokens that the Workspace signs', async () => {
  const verify = createIdTokenVerifier({ certsUrl: `${workspace.url}/oauth2/v1/certs` });
  const token = workspace.oauth.mintIdToken('agent@example.com', 'https://attache.example.com');
  await expect(verify(token, ['https://attache.example.com'])).resolves.toMatchObject({ email: 'agent@example.com' });
  await expect(verify(token, ['https://other.example.com'])).rejects.toMatchObject({ kind: 'unauthorized' });
});
