import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { messageEvent, type MessageEvent } from '../../shared/domain/message/event-schemas';
import { emulatedDescribe } from '../emulators/emulated-describe';
import type { Publish } from '../workspace/gmail/notifications';
import { createPubsubPublisher } from '../workspace/pubsub-publisher';
import { accounts, audiences, deploy, topics, type Deployment, type FunctionName } from './deployment';
import { eventually } from './eventually';
import type { FunctionProcess, LogLine } from './function-process';
import { pubsubProject } from './pubsub-emulator';
import { startRoundRobin } from './round-robin';
import { bearer, send } from './send';

const users = ['ana', 'ben', 'cleo', 'dan', 'eve'].map((name) => `${name}@example.com`);
const messages = 200;
const halfAnHourMs = 31 * 60_000;

emulatedDescribe('firestore', 'The built bundle', (firestoreHost) =>
  emulatedDescribe('pubsub', 'on the emulators', (pubsubHost) => {
    const gmail = unruly(createPubsubPublisher(pubsubHost));
    let deployment: Deployment;
    let pubsub: ReturnType<typeof pubsubProject>;
    let door: Awaited<ReturnType<typeof startRoundRobin>> | undefined;
    /** The instances of gmail-sync behind the door. */
    let workers: FunctionProcess[] = [];
    /** How often the agent has received each event, by its id. */
    const received = new Map<string, number>();

    beforeAll(async () => {
      deployment = await deploy({ users, firestoreHost, pubsubHost, publish: gmail.publish });
      pubsub = pubsubProject(pubsubHost, deployment.projectId);
      const token = await deployment.idToken(accounts.push, audiences.push);
      door = await startRoundRobin(() => workers.map(({ url }) => url), token);
      for (const topic of Object.values(topics)) await pubsub.createTopic(topic);
      await pubsub.subscribe(topics.notifications, 'gmail-sync', door.url);
      await pubsub.subscribe(topics.events, 'agent');
    }, 120_000);

    afterAll(async () => {
      await door?.close();
      await deployment.close();
    }, 30_000);

    test('turns 200 messages into 200 events: pushes doubled, overtaken, lost; a worker killed; a restart', async () => {
      const mailed = new Set<string>();
      let [mailboxes] = await startAll(['mailboxes']);
      for (const user of users) await deployment.call(mailboxes, 'PUT', `/v1/mailboxes/${user}`, {});

      let killed: Promise<void> | undefined;
      for (let index = 0; mailed.size < messages - users.length; index++) {
        await mail(mailed, users[(index >> 1) % users.length] ?? '');
        if (index === 60) killed = killAtWork();
        await sleep(20);
      }
      await killed;
      expect(door?.broken()).toBeGreaterThan(0);

      await gmail.silence();
      const notifications = gmail.published() + users.length;
      await eventually(
        () => door?.acknowledged.size === notifications || undefined,
        () => `${door?.acknowledged.size} of ${notifications} notifications are acknowledged`,
        60_000,
      );
      for (const user of users) await mail(mailed, user);

      for (const instance of [...workers, mailboxes]) expect(await instance.end('SIGTERM')).toBe(0);
      deployment.workspace.clock.advance(halfAnHourMs);
      const later = await startAll(['mailboxes', 'mailbox-sweep', 'watch-renewal'], halfAnHourMs);
      mailboxes = later[0];
      expect(await runJob(later[1])).toEqual({ notified: users.length, lagging: 0, unfinished: 0 });
      expect(await runJob(later[2])).toMatchObject({ renewed: 0, failed: 0 });
      await receive(messages);

      const feed = await readFeed(mailboxes);
      expect(feed.map(({ data }) => `${data.mailbox} ${data.messageId}`).sort()).toEqual([...mailed].sort());
      expect(feed).toHaveLength(messages);
      expect(idsOf(feed)).toEqual([...received.keys()].sort());
      for (const user of users) {
        const { events, sequences } = await readMailboxFeed(mailboxes, user);
        expect(sequences).toEqual(events.map((_event, index) => index + 1));
        expect(idsOf(events)).toEqual(idsOf(feed.filter(({ data }) => data.mailbox === user)));
        expect(await deployment.call(mailboxes, 'GET', `/v1/mailboxes/${user}`)).toMatchObject({
          status: 'active',
          behind: false,
          unpublishedEvents: 0,
          counters: { delivered: events.length, parked: 0, gapRecovered: 0, reconciled: 0 },
        });
      }
      const { statuses } = deployment.workspace;
      expect(Object.keys(statuses['iamcredentials.projects.serviceAccounts.signJwt'] ?? {})).toEqual(['200']);
      expect(Object.keys(statuses['oauth.token'] ?? {})).toEqual(['200']);
    }, 240_000);

    /** Two workers, and one instance of each of the others, in their order. */
    async function startAll<const Names extends readonly FunctionName[]>(names: Names, aheadMs = 0) {
      const [one, two, ...others] = await Promise.all(
        (['gmail-sync', 'gmail-sync', ...names] as const).map((name) => deployment.start(name, { aheadMs })),
      );
      workers = [one, two].filter((worker) => worker !== undefined);
      return others as { [Index in keyof Names]: FunctionProcess };
    }

    /** As mail from outside would come. */
    async function mail(mailed: Set<string>, user: string): Promise<void> {
      const answer = await fetch(`${deployment.workspace.url}/admin/users/${user}/messages`, {
        method: 'POST',
        body: `From: Grace <grace@example.org>\r\nTo: ${user}\r\nSubject: Message ${mailed.size + 1}\r\n\r\nHello`,
      });
      mailed.add(`${user} ${z.object({ id: z.string() }).parse(await answer.json()).id}`);
    }

    /** SIGKILL to the worker that is next to fetch messages, while it does, and a new one in its place. */
    async function killAtWork(): Promise<void> {
      const { faults } = deployment.workspace;
      faults.add({ match: { method: 'gmail.users.messages.get' }, times: 1_000, fault: { type: 'delay', ms: 2_000 } });
      let victim: { worker: FunctionProcess; lastLine: LogLine; exitCode: Promise<number | null> } | undefined;
      for (const worker of workers) {
        worker.onLog((line) => {
          if (line.message !== 'history listed' || !line.count) return;
          victim ??= { worker, lastLine: line, exitCode: worker.end('SIGKILL') };
        });
      }
      const { worker, lastLine, exitCode } = await eventually(
        () => victim,
        () => 'no worker has begun to fetch messages',
        60_000,
      );
      expect(await exitCode).toBeNull();
      faults.clear();
      expect(worker.log.filter(({ messageId }) => messageId === lastLine.messageId).at(-1)).toBe(lastLine);
      const replacement = await deployment.start('gmail-sync');
      workers = workers.map((other) => (other === worker ? replacement : other));
    }

    async function receive(count: number): Promise<void> {
      await eventually(
        async () => {
          for (const { data } of await pubsub.pull('agent')) {
            const { id } = messageEvent.parse(JSON.parse(data));
            received.set(id, (received.get(id) ?? 0) + 1);
          }
          return received.size >= count || undefined;
        },
        () => `the agent has received ${received.size} of ${count} events`,
        60_000,
      );
    }

    async function runJob({ url }: FunctionProcess): Promise<unknown> {
      const token = await deployment.idToken(accounts.scheduler, audiences.scheduler);
      const { status, json } = await send(url, 'POST', { headers: bearer(token) });
      expect(status).toBe(200);
      return json;
    }

    async function readFeed(mailboxes: FunctionProcess): Promise<MessageEvent[]> {
      const page = z.object({ events: z.array(messageEvent), nextCursor: z.string().nullable() });
      const events: MessageEvent[] = [];
      for (let cursor = ''; ;) {
        const answer = page.parse(
          await deployment.call(mailboxes, 'GET', `/v1/events?types=message.received&pageSize=30${cursor}`),
        );
        events.push(...answer.events);
        if (answer.events.length === 0) return events;
        cursor = `&cursor=${answer.nextCursor}`;
      }
    }

    async function readMailboxFeed(mailboxes: FunctionProcess, user: string) {
      const page = z.object({
        events: z.array(z.object({ sequence: z.number(), event: messageEvent })),
        nextAfter: z.number(),
      });
      const events: MessageEvent[] = [];
      const sequences: number[] = [];
      for (let after = 0; ;) {
        const answer = page.parse(
          await deployment.call(mailboxes, 'GET', `/v1/mailboxes/${user}/events?after=${after}&pageSize=15`),
        );
        if (answer.events.length === 0) return { events, sequences };
        events.push(...answer.events.map(({ event }) => event));
        sequences.push(...answer.events.map(({ sequence }) => sequence));
        after = answer.nextAfter;
      }
    }
  }),
);

function idsOf(events: readonly MessageEvent[]): string[] {
  return events.map(({ id }) => id).sort();
}

/** Gmail at its worst: every notification comes twice, every third one after the next, and in the end none at all. */
function unruly(publish: Publish): { readonly publish: Publish; published(): number; silence(): Promise<void> } {
  let sent = 0;
  let published = 0;
  let isSilent = false;
  let overtaken: Parameters<Publish> | undefined;

  async function publishTwice(...message: Parameters<Publish>): Promise<void> {
    for (const _time of ['once', 'again']) {
      await publish(...message);
      published += 1;
    }
  }
  async function release(): Promise<void> {
    const late = overtaken;
    overtaken = undefined;
    if (late) await publishTwice(...late);
  }
  return {
    async publish(...message) {
      if (isSilent) return;
      if (sent++ % 3 === 0 && !overtaken) {
        overtaken = message;
        return;
      }
      await publishTwice(...message);
      await release();
    },
    published: () => published,
    async silence() {
      isSilent = true;
      await release();
    },
  };
}
