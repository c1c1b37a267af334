import { emulatedDescribe } from '../emulators/emulated-describe';
import { createPubsubPublisher } from '../workspace/pubsub-publisher';
import { accounts, audiences, deploy, topics, type Deployment } from './deployment';
import type { FunctionProcess } from './function-process';
import { pubsubProject } from './pubsub-emulator';
import { bearer, send } from './send';

const user = 'ana@example.com';
const stranger = 'mallory@another-project.iam.gserviceaccount.com';
const elsewhere = 'https://elsewhere.test';
const twoHoursAgoSeconds = Math.floor(Date.now() / 1_000) - 7_200;

let deployment: Deployment;

/** Every way in which a token of `account` for `audience` can be wrong. */
const badTokens: Record<string, (account: string, audience: string) => Promise<string | undefined>> = {
  'no token': async () => undefined,
  'a token for another audience': (account) => deployment.idToken(account, elsewhere),
  'a token of another account': (_account, audience) => deployment.idToken(stranger, audience),
  'a token of another issuer': (account, audience) => deployment.idToken(account, audience, { iss: elsewhere }),
  'a token with an unverified address': (account, audience) =>
    deployment.idToken(account, audience, { email_verified: false }),
  'a token that has expired': (account, audience) =>
    deployment.idToken(account, audience, { iat: twoHoursAgoSeconds, exp: twoHoursAgoSeconds + 3_600 }),
  'a token that wants no signature': async (account, audience) => {
    const [, claims] = (await deployment.idToken(account, audience)).split('.');
    return `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${claims}.`;
  },
  'a token whose signature is said to be checked': async (account, audience) =>
    withSignature(await deployment.idToken(account, audience), removedSignature),
  'a token with the signature of another': async (account, audience) =>
    withSignature(
      await deployment.idToken(account, audience),
      signatureOf(await deployment.idToken(account, elsewhere)),
    ),
};

const removedSignature = 'SIGNATURE_REMOVED_BY_GOOGLE';

emulatedDescribe('firestore', 'The deployed functions', (firestoreHost) =>
  emulatedDescribe('pubsub', 'on the emulators', (pubsubHost) => {
    let mailboxes: FunctionProcess;
    let gmailSync: FunctionProcess;
    let sweep: FunctionProcess;
    let pubsub: ReturnType<typeof pubsubProject>;
    let untouched: unknown;

    /** What a call that was let through would have changed. */
    const state = async () => ({
      requests: structuredClone(
        Object.entries(deployment.workspace.statuses).filter(([id]) => /^(gmail|iam|oauth\.token)/.test(id)),
      ),
      mailbox: await deployment.call(mailboxes, 'GET', `/v1/mailboxes/${user}`),
      notifications: await pubsub.pull('everything'),
    });

    beforeAll(async () => {
      deployment = await deploy({
        users: [user],
        firestoreHost,
        pubsubHost,
        publish: createPubsubPublisher(pubsubHost),
      });
      pubsub = pubsubProject(pubsubHost, deployment.projectId);
      for (const topic of Object.values(topics)) await pubsub.createTopic(topic);
      // Outside Cloud Run nobody checks a signature before the function does.
      const changes = { K_SERVICE: undefined };
      [mailboxes, gmailSync, sweep] = await Promise.all([
        deployment.start('mailboxes', { changes }),
        deployment.start('gmail-sync', { changes }),
        deployment.start('mailbox-sweep', { changes }),
      ]);
      await deployment.call(mailboxes, 'PUT', `/v1/mailboxes/${user}`, {});
      deployment.workspace.gmail.deliver(user, { payload: { mimeType: 'text/plain', headers: [] } });
      await deployment.workspace.settled();
      await pubsub.subscribe(topics.notifications, 'everything');
      untouched = await state();
    }, 120_000);

    afterAll(() => deployment.close(), 30_000);

    test.each(Object.entries(badTokens))(
      'refuse %s, and nothing is done',
      async (_what, tokenOf) => {
        const answers = await Promise.all([
          push(gmailSync, await tokenOf(accounts.push, audiences.push)),
          send(sweep.url, 'POST', { headers: bearer(await tokenOf(accounts.scheduler, audiences.scheduler)) }),
          send(`${mailboxes.url}/v1/mailboxes/${user}:sync`, 'POST', {
            headers: bearer(await tokenOf(accounts.agent, audiences.agents)),
          }),
        ]);
        expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
        expect(await state()).toEqual(untouched);
      },
      60_000,
    );

    test('take the tokens that Google signs for their callers', async () => {
      const agent = { headers: bearer(await deployment.idToken(accounts.agent, audiences.agents)) };
      expect(await send(`${mailboxes.url}/v1/whoami`, 'GET', agent)).toMatchObject({
        status: 200,
        json: { caller: 'identified', mailboxes: [user] },
      });
      const scheduler = { headers: bearer(await deployment.idToken(accounts.scheduler, audiences.scheduler)) };
      expect(await send(sweep.url, 'POST', scheduler)).toMatchObject({ status: 200, json: { unfinished: 0 } });

      const token = await deployment.idToken(accounts.push, audiences.push);
      expect((await push(gmailSync, token)).status).toBe(204);
      expect(await send(`${mailboxes.url}/v1/mailboxes/${user}/events`, 'GET', agent)).toMatchObject({
        status: 200,
        json: { events: [{ sequence: 1, event: { type: 'message.received' } }] },
      });
    }, 90_000);

    test('take Cloud Run’s word for a signature, on Cloud Run', async () => {
      const onCloudRun = await deployment.start('gmail-sync');
      const token = withSignature(await deployment.idToken(accounts.push, audiences.push), removedSignature);
      expect((await push(onCloudRun, token)).status).toBe(204);
      const forAnother = withSignature(await deployment.idToken(accounts.push, elsewhere), removedSignature);
      expect((await push(onCloudRun, forAnother)).status).toBe(401);
    }, 90_000);
  }),
);

function push(instance: FunctionProcess, token: string | undefined) {
  const { historyId } = deployment.workspace.gmail.getProfile(user);
  const data = Buffer.from(JSON.stringify({ emailAddress: user, historyId })).toString('base64');
  const message = { messageId: '1', data, publishTime: new Date().toISOString() };
  const body = { message, subscription: 'projects/p/subscriptions/gmail-sync' };
  return send(instance.url, 'POST', { headers: bearer(token), body });
}

function withSignature(token: string, signature: string): string {
  return `${token.slice(0, token.lastIndexOf('.'))}.${signature}`;
}

function signatureOf(token: string): string {
  return token.slice(token.lastIndexOf('.') + 1);
}
