import { request } from 'node:http';
import { deploy, type Deployment } from './deployment';
import { eventually } from './eventually';

/** What an instance does before it is configured well, and when it has to go: no emulator is needed for that. */

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy({ users: ['ana@example.com'] });
}, 120_000);
afterAll(() => deployment.close(), 60_000);

const notPush = '{"no":"push"}';

async function post(url: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(url, { method: 'POST', body: notPush });
  return { status: answer.status, text: await answer.text() };
}

test('an environment with missing and malformed keys is refused by name, without a value', async () => {
  const secret = 'atk_do-not-print-me';
  const changes = {
    ALLOWED_DOMAINS: undefined,
    AGENTS: `{"demo":{"apiKeySha256":["${secret}"]}}`,
    LOG_SEVERITY: secret,
  };
  const { url, output } = await deployment.start('mailboxes', { changes });

  const answer = await fetch(`${url}/v1/mailboxes`);

  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toMatch(/ALLOWED_DOMAINS|AGENTS/);
  await eventually(
    () => /"severity":"ERROR".*ALLOWED_DOMAINS: required/.test(output()) || undefined,
    () => `no line names ALLOWED_DOMAINS in ${output()}`,
    5_000,
  );
  expect(output()).toContain('AGENTS.demo.apiKeySha256.0: ');
  expect(output()).toContain('LOG_SEVERITY: ');
  expect(output()).not.toContain(secret);
}, 60_000);

test('pushes without a token are for development, and refused where Cloud Run is', async () => {
  const changes = { PUSH_AUTHENTICATION: 'none' };
  const atHome = await deployment.start('gmail-sync', { changes: { ...changes, K_SERVICE: undefined } });
  expect(await post(atHome.url)).toEqual({ status: 204, text: '' });

  const onCloudRun = await deployment.start('gmail-sync', { changes });
  expect((await post(onCloudRun.url)).status).toBe(500);
  await eventually(
    () => onCloudRun.output().includes('PUSH_AUTHENTICATION: must be oidc on Cloud Run') || undefined,
    () => `no line says so in ${onCloudRun.output()}`,
    5_000,
  );
}, 60_000);

test('SIGTERM closes the port, lets the request in flight end, and then ends the process', async () => {
  const changes = { PUSH_AUTHENTICATION: 'none', K_SERVICE: undefined };
  const instance = await deployment.start('gmail-sync', { changes });

  const headers = { expect: '100-continue', 'content-length': notPush.length };
  const push = request(instance.url, { method: 'POST', headers });
  const status = new Promise<number | undefined>((resolve, reject) => {
    push.on('error', reject).on('response', (response) => resolve(response.resume().statusCode));
  });
  push.flushHeaders();
  await new Promise((resolve) => push.once('continue', resolve));
  const ended = instance.end('SIGTERM');
  await eventually(
    () =>
      fetch(`${instance.url}/health/live`).then(
        () => undefined,
        () => true,
      ),
    () => 'the port is still open',
    5_000,
  );
  push.end(notPush);

  expect(await status).toBe(204);
  expect(await ended).toBe(0);
}, 60_000);
