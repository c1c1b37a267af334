/**
 * `npx tsx benchmarks/throughput.ts`: notifications per second and instance, each with one new message of 8 kB, over 1,000 mailboxes,
 * when everything at Google is 20 ms away. First the function's own work alone, then the whole function over HTTP.
 */
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import * as z from 'zod';
import { defaultSyncSettings } from '../functions/gmail-sync/dependencies';
import { handleNotification } from '../functions/gmail-sync/handle-notification';
import { encodeNotification } from '../shared/domain/notification';
import { createLogger } from '../shared/runtime/logger';
import { clock, random } from '../shared/runtime/system';
import { createInProcessBus } from '../shared/store/in-process-bus';
import { createMailboxStore } from '../shared/store/mailbox-store';
import { createMemoryStore } from '../shared/store/memory';
import { beforeEachCall } from './before-each-call';
import { CannedGmail, pushBody, settledMailbox } from './canned-gmail';
import { LoadRun, type LoadResult } from './load';
import { tableOf, verdictOf, type Row } from './report';
import { startServerProcess } from './server-process';

const delayMs = 20;
const notifications = 5_000;
/** Cloud Run's default for an instance. */
const concurrency = 80;
const mailboxes = Array.from({ length: 1_000 }, (_, i) => `user${i}@example.com`);

/** The function's own code, over the in-process bus: ports that answer after 20 ms, no HTTP. */
async function measureInProcess(): Promise<LoadResult> {
  const run = new LoadRun();
  const gmail = new CannedGmail();
  const after = <Port extends object>(port: Port): Port => beforeEachCall(port, () => clock.sleep(delayMs));
  const memory = createMemoryStore({ now: () => clock.now() });
  const due = { quietMs: 1_800_000, retryAfterMs: 60_000 };
  const registry = createMailboxStore({ store: memory, clock, due });
  for (const mailbox of mailboxes) await registry.create(settledMailbox(mailbox));

  const bus = createInProcessBus({ clock, random });
  const { notificationsTopic, eventsTopic } = defaultSyncSettings;
  bus.createTopic(notificationsTopic);
  bus.createTopic(eventsTopic);
  const subscription = { ackDeadlineMs: 60_000, minBackoffMs: 500, maxBackoffMs: 60_000 };
  const store = after(memory);
  const dependencies = {
    store,
    mailboxStore: createMailboxStore({ store, clock, due }),
    bus: after(bus),
    mailboxes: (emailAddress: string) => after(gmail.mailbox(emailAddress)),
    clock,
    random,
    settings: defaultSyncSettings,
  };
  const logger = createLogger({ now: () => clock.now(), write: () => undefined });
  const acknowledge = new Map<string, () => void>();
  bus.subscribe(notificationsTopic, {
    ...subscription,
    name: 'gmail-sync',
    push: async ({ data, ...delivery }) => {
      const dataBase64 = Buffer.from(data).toString('base64');
      await handleNotification(dependencies, { ...delivery, dataBase64 }, logger);
      acknowledge.get(delivery.attributes['mailbox'] ?? '')?.();
    },
  });
  bus.subscribe(eventsTopic, {
    ...subscription,
    name: 'agent',
    push: async ({ attributes }) => run.onEvent(attributes['mailbox'] ?? ''),
  });

  const result = await run.run({
    mailboxes,
    notifications,
    concurrency,
    push: async (emailAddress) => {
      const acknowledged = new Promise<void>((resolve) => acknowledge.set(emailAddress, resolve));
      const data = encodeNotification({ emailAddress, historyId: gmail.arrive(emailAddress) });
      await bus.publish(notificationsTopic, [{ data, attributes: { mailbox: emailAddress } }]);
      await acknowledged;
    },
    processorSeconds: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  });
  bus.close();
  return result;
}

/** The function in a process of its own under functions-framework; Google is here, and so is Pub/Sub that pushes. */
async function measureOverHttp(): Promise<LoadResult> {
  const run = new LoadRun();
  const gmail = new CannedGmail();
  const google = await startCannedGoogle(gmail, (mailbox) => run.onEvent(mailbox));
  const folder = await mkdtemp(join(tmpdir(), 'throughput-'));
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  try {
    const root = join(__dirname, '..');
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{ "main": "index.cjs" }');
    await build({
      entryPoints: [join(__dirname, 'throughput-function.ts')],
      outfile: join(folder, 'index.cjs'),
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['@google-cloud/functions-framework'],
      logLevel: 'error',
    });
    const framework = join(folder, 'node_modules/.bin/functions-framework');
    const server = await startServerProcess([framework, `--source=${folder}`, '--target=gmail-sync'], {
      BENCHMARK_GOOGLE_URL: google.url,
      BENCHMARK_MAILBOXES: mailboxes.join(','),
      BENCHMARK_DELAY_MS: String(delayMs),
    });
    try {
      await server.firstOk('/health/ready');
      let pushed = 0;
      return await run.run({
        mailboxes,
        notifications,
        concurrency,
        push: async (mailbox) => {
          const body = pushBody(mailbox, gmail.arrive(mailbox), String(++pushed));
          const status = await post(server.url, body, agent);
          if (status !== 204) throw new Error(`A push was answered ${status}.`);
        },
        processorSeconds: () => server.processorSeconds(),
      });
    } finally {
      await server.stop();
    }
  } finally {
    agent.destroy();
    await google.close();
    await rm(folder, { recursive: true });
  }
}

function post(url: string, body: string, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', agent, headers: { 'content-type': 'application/json' } }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    })
      .on('error', reject)
      .end(body);
  });
}

const publishRequest = z.object({
  messages: z.array(z.object({ attributes: z.object({ mailbox: z.string() }) })),
});

/** Every Google service that the function calls, each answer after 20 ms. */
async function startCannedGoogle(gmail: CannedGmail, onEvent: (mailbox: string) => void) {
  const answerTo = (url: URL, body: string): object => {
    const [, user, method, id] = /\/gmail\/v1\/users\/([^/]+)\/(history|messages)\/?(.*)$/.exec(url.pathname) ?? [];
    if (method === 'history') {
      return gmail.historySince(decodeURIComponent(user ?? ''), url.searchParams.get('startHistoryId') ?? '');
    }
    if (method === 'messages') return gmail.message(id ?? '');
    if (url.pathname.endsWith(':signJwt')) return { signedJwt: 'signed' };
    if (url.pathname === '/token') return { access_token: 'token', expires_in: 3_600 };
    const { messages } = publishRequest.parse(JSON.parse(body));
    for (const { attributes } of messages) onEvent(attributes.mailbox);
    return { messageIds: messages.map((_, index) => String(index)) };
  };
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const body = await text(incoming);
      await sleep(delayMs);
      const answer = JSON.stringify(answerTo(new URL(incoming.url ?? '/', 'http://google'), body));
      outgoing.setHeader('content-type', 'application/json').end(answer);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export async function measureThroughput(): Promise<Row[]> {
  return [
    ...rowsOf('gmail-sync, in process', await measureInProcess()),
    ...rowsOf('gmail-sync, over HTTP', await measureOverHttp()),
  ];
}

function rowsOf(subject: string, { perSecond, perProcessorSecond, acknowledged, published }: LoadResult): Row[] {
  const row = (what: string, measured: string): Row => ({
    subject,
    what,
    measured,
    ratio: '',
    target: '',
    verdict: 'info',
  });
  const ms = ({ p50, p99 }: LoadResult['published']) => `${p50.toFixed(0)} | ${p99.toFixed(0)} ms`;
  const target = { target: '< 1,000 ms' };
  return [
    {
      ...row('notifications per second', perSecond.toFixed(0)),
      ratio: `${(perSecond / 200).toFixed(1)} × target`,
      target: '≥ 200',
      verdict: verdictOf(perSecond, { atLeast: 200 }),
    },
    row('… per second of a processor', perProcessorSecond.toFixed(0)),
    {
      ...row('push to acknowledgement, p50 | p99', ms(acknowledged)),
      ...target,
      verdict: verdictOf(acknowledged.p99, { atMost: 1_000 }),
    },
    {
      ...row('push to published event, p50 | p99', ms(published)),
      ...target,
      verdict: verdictOf(published.p99, { atMost: 1_000 }),
    },
  ];
}

if (require.main === module) void measureThroughput().then((rows) => console.log(tableOf(rows)));
