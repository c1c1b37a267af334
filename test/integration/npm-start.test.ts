import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import * as z from 'zod';
import { eventually } from './eventually';
import { npmStart, repository, type StartedStack } from './npm-start';

/** The local stack as whoever tries it first meets it: the command, its exit code, what it prints. */

const started: StartedStack[] = [];

function start(stackArguments: readonly string[], environment?: Readonly<Record<string, string>>): StartedStack {
  const stack = npmStart(stackArguments, environment);
  started.push(stack);
  return stack;
}

afterEach(async () => {
  for (const stack of started) stack.kill();
  await Promise.all(started.splice(0).map(({ ended }) => ended));
});

/** The last mail is answered as if it were delivered, and is not; then the clock jumps, so that nobody has to wait for it. */
const losesTheLastMail = `
  const { fetch: send } = globalThis;
  const { now } = Date;
  let mails = 0;
  globalThis.fetch = async (url, init) => {
    if (!/\\/admin\\/users\\/.*\\/messages$/.test(String(url)) || ++mails < 8) return send(url, init);
    setTimeout(() => (Date.now = () => now() + 60_000), 2_000);
    return Response.json({ id: 'lost' });
  };`;

test('--once ends with 0 when every message came exactly once, and with 1 when one is lost', async () => {
  const whole = start(['--once']);
  const lossy = start(['--once'], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(losesTheLastMail)}`,
  });

  expect([await whole.ended, await lossy.ended]).toEqual([0, 1]);
  expect(whole.output()).toContain('8 messages delivered, 8 events received: every message exactly once.');
  expect(lossy.output()).toContain('8 messages delivered, 7 events received: only 7 of 8 messages arrived');
}, 180_000);

test('the printed lines work as they are printed; a taken port is no end; Ctrl-C leaves nothing behind', async () => {
  const port = await freePort();
  const stack = start(['--port', String(port)]);
  await stack.printed(/Attaché is up/);
  const second = start(['--port', String(port)]);
  await stack.printed(/Stop with Ctrl-C/);
  const [listMailboxes = '', sendMail = '', readEvents = ''] = stack.output().match(/^ {2}curl .*$/gm) ?? [];

  expect(await shell(listMailboxes, z.object({ mailboxes: z.array(z.object({ email: z.string() })) }))).toMatchObject({
    mailboxes: [{ email: 'ana@example.com' }, { email: 'ben@example.com' }],
  });
  const { id } = await shell(sendMail, z.object({ id: z.string() }));
  const feed = z.object({ events: z.array(z.object({ data: z.object({ messageId: z.string().optional() }) })) });
  await eventually(
    async () => (await shell(readEvents, feed)).events.some(({ data }) => data.messageId === id) || undefined,
    () => `the message ${id} is not in the feed: ${stack.output()}`,
    30_000,
  );

  const [, otherUrl] = await second.printed(/Base URL +(\S+)/);
  expect(second.output()).toContain(`Port ${port} cannot be used`);
  expect((await fetch(`${otherUrl}/openapi.json`)).status).toBe(200);

  const printedBefore = stack.output();
  stack.interrupt();
  await stack.ended;
  expect(stack.output()).toBe(printedBefore);
  expect(await freePort(port)).toBe(port);
}, 240_000);

/** Runs a line as a person would paste it, and reads its answer. */
async function shell<Schema extends z.ZodType>(line: string, answer: Schema): Promise<z.output<Schema>> {
  const { stdout } = await promisify(execFile)('sh', ['-c', line], { cwd: repository });
  return answer.parse(JSON.parse(stdout));
}

/** A port that nobody listens at; an error where the one that is asked for is taken. */
async function freePort(wanted = 0): Promise<number> {
  const server = createServer().listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
