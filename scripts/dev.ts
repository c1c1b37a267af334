/**
 * `npm start`: the main job, happening. Onboards two mailboxes, delivers real messages, shows each step with its time, and
 * stays up. `-- --once` exits 0 when every message arrived exactly once, else 1. `-- --emulators` runs on Google's emulators.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { hashAddress } from '../shared/domain/hash-address';
import { bookAMeeting } from './book-a-meeting';
import { oauthApp } from './local-functions';
import { startLocalStack, type LocalStack } from './local-stack';
import { printStep } from './print-step';
import { syncATask } from './sync-a-task';

const users = ['ana@example.com', 'ben@example.com'];
const fixtures = join(__dirname, '..', 'test', 'fixtures', 'mail');
const usage = `npm start                 shows the main job and stays up
npm start -- --once       exits 0 when all of it went well, else 1
npm start -- --emulators  on Google’s Firestore and Pub/Sub emulators
npm start -- --port 9000  another port than 8080`;
const arrivalTimeoutMs = 30_000;

const receivedEvent = z.object({
  id: z.string(),
  type: z.string(),
  data: z.object({
    mailbox: z.string(),
    messageId: z.string().optional(),
    subject: z.string().optional(),
    from: z.object({ address: z.string() }).nullish(),
  }),
});

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      once: { type: 'boolean', default: false },
      emulators: { type: 'boolean', default: false },
      port: { type: 'string', default: '8080' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const names = new Map(users.map((user) => [hashAddress(user), user]));
  /** How often the agent has received each event. */
  const received = new Map<string, number>();
  const startedAtMs = Date.now();

  const stack = await startLocalStack({
    users,
    port: values.once ? 0 : await freePort(Number(values.port)),
    useEmulators: values.emulators,
    onNotification: (emailAddress) => printStep('gmail', 'pushes a notification', emailAddress),
    onLog: (line) => showLog(line, names),
    onEvent: (json) => {
      const { id, type, data } = receivedEvent.parse(JSON.parse(json));
      if (type === 'message.received') received.set(id, (received.get(id) ?? 0) + 1);
      const what = type === 'message.received' ? `«${data.subject}» from ${data.from?.address ?? 'nobody'}` : type;
      printStep('agent', `receives ${what}`, data.mailbox);
    },
  });
  console.log(
    `Attaché is up after ${Date.now() - startedAtMs} ms: ${values.emulators ? 'Google’s emulators' : 'memory store, in-process bus'}.\n`,
  );

  try {
    for (const user of users) await register(stack, user);
    const messageIds = await deliverFixtures(stack);
    const complete = await until(() => received.size >= messageIds.size, arrivalTimeoutMs);
    const verdict = complete
      ? await checkFeed(stack, messageIds, received)
      : `only ${received.size} of ${messageIds.size} messages arrived`;
    console.log(
      `\n${messageIds.size} messages delivered, ${received.size} events received: ${verdict ?? 'every message exactly once.'}`,
    );
    console.log('');
    const bookingVerdict = await bookAMeeting(stack, users[0]!, users[1]!);
    console.log(`\nOne slot, two agents: ${bookingVerdict ?? 'one meeting, and other times for whoever came second.'}`);
    console.log('');
    const syncVerdict = await syncATask(stack, users[1]!);
    console.log(
      `\nA task and its event: ${syncVerdict ?? 'the same in both directions, and a conflict settled by hand.'}`,
    );
    if (values.once) {
      const isWhole = [verdict, bookingVerdict, syncVerdict].every((one) => one === undefined);
      process.exitCode = isWhole ? 0 : 1;
      return void (await stack.close());
    }
  } catch (error) {
    await stack.close();
    throw error;
  }
  printInvitation(stack);
  let closing: Promise<never> | undefined;
  // Ctrl-C arrives twice, from the terminal and from tsx; the second one must not cut the end short.
  const end = (): void => void (closing ??= stack.close().then(() => process.exit(0)));
  process.on('SIGINT', end).on('SIGTERM', end);
}

/** The port, or any free one when it is taken. */
async function freePort(port: number): Promise<number> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return port;
  } catch {
    console.log(`Port ${port} cannot be used; taking another. (npm start -- --port N chooses one.)`);
    return 0;
  } finally {
    probe.close();
  }
}

async function register(stack: LocalStack, user: string): Promise<void> {
  printStep('operator', 'registers the mailbox', user);
  await call(stack, 'PUT', `/v1/mailboxes/${user}`, {});
}

/** Drops each RFC 822 file into a mailbox, as mail from outside would come. Returns Gmail's ids. */
async function deliverFixtures({ workspace }: LocalStack): Promise<Set<string>> {
  const files = (await readdir(fixtures)).filter((file) => file.endsWith('.eml')).sort();
  const messageIds = new Set<string>();
  for (const [index, file] of files.entries()) {
    const user = users[index % users.length] ?? '';
    printStep('world', `mails ${file}`, user);
    const answer = await fetch(`${workspace.url}/admin/users/${user}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'message/rfc822' },
      body: await readFile(join(fixtures, file)),
    });
    const { id } = z.object({ id: z.string() }).parse(await answer.json());
    messageIds.add(`${user}/${id}`);
    // Gmail announces a mailbox at most once a second and drops the rest; the sweep would find it minutes later.
    await sleep(650);
  }
  return messageIds;
}

/** Reads the whole feed as an agent would; undefined when it and the bus agree with what was mailed. */
async function checkFeed(
  stack: LocalStack,
  mailed: ReadonlySet<string>,
  received: ReadonlyMap<string, number>,
): Promise<string | undefined> {
  const page = z.object({ events: z.array(receivedEvent), nextCursor: z.string().nullable() });
  const inFeed: string[] = [];
  let cursor: string | null = null;
  do {
    const query = cursor === null ? '' : `&cursor=${cursor}`;
    const answer: z.infer<typeof page> = page.parse(
      await call(stack, 'GET', `/v1/events?types=message.received&waitSeconds=5${query}`),
    );
    for (const { data } of answer.events) inFeed.push(`${data.mailbox}/${data.messageId}`);
    cursor = answer.events.length > 0 ? answer.nextCursor : null;
  } while (cursor !== null && inFeed.length < mailed.size);

  const lost = [...mailed].filter((key) => !inFeed.includes(key));
  if (lost.length > 0) return `missing in the feed: ${lost.join(', ')}`;
  if (inFeed.length > mailed.size) return `the feed has ${inFeed.length - mailed.size} events too many`;
  const doubled = [...received].filter(([, count]) => count > 1).length;
  return doubled > 0 ? `${doubled} events came more than once` : undefined;
}

async function call({ baseUrl, apiKey }: LocalStack, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${baseUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const json: unknown = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(json)}`);
  return json;
}

async function until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const endMs = Date.now() + timeoutMs;
  while (!condition() && Date.now() < endMs) await sleep(50);
  return condition();
}

const logLine = z.looseObject({ message: z.string(), mailboxId: z.string().optional() });

/** The functions' own log lines, for a person. */
function showLog(line: string, names: ReadonlyMap<string, string>): void {
  const { message, mailboxId, ...fields } = logLine.parse(JSON.parse(line));
  if (mailboxId === undefined) return;
  const shown = ['historyId', 'count', 'sequence', 'skipReason', 'code', 'reason']
    .filter((name) => fields[name] !== undefined)
    .map((name) => `${name} ${String(fields[name])}`);
  printStep('gmail-sync', [message, ...shown].join(', '), names.get(mailboxId) ?? mailboxId);
}

function printInvitation({ baseUrl, apiKey, workspace }: LocalStack): void {
  console.log(`
Console    ${baseUrl}/#key=${apiKey}
Base URL   ${baseUrl}
API key    ${apiKey}
Workspace  ${workspace.url}  (the local Gmail; its routes under /admin are the world outside)
OAuth app  client id ${oauthApp.clientId}, client secret ${oauthApp.clientSecret}  (at the local Google and Zoom, to be registered under Setup)

Try it:
  curl -H 'Authorization: Bearer ${apiKey}' '${baseUrl}/v1/mailboxes'
  curl -H 'Content-Type: message/rfc822' --data-binary @test/fixtures/mail/japanese.eml '${workspace.url}/admin/users/ana@example.com/messages'
  curl -H 'Authorization: Bearer ${apiKey}' '${baseUrl}/v1/events?mailbox=ana@example.com&pageSize=200'
  curl -H 'Authorization: Bearer ${apiKey}' '${baseUrl}/v1/meetings?host=ana@example.com&timeMin=2026-01-01T00:00:00Z&timeMax=2099-01-01T00:00:00Z'

Stop with Ctrl-C.`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
