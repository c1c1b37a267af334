import { GoogleApiError } from '../workspace/google-api-error';
import { required } from './gmail-port';
import { ana, ben, type Scenario } from './scenario';
import type { Simulation } from './simulation';
import { seededRandom } from './world';

/** Mail, people and Gmail by chance, for about seven minutes; in the end the mailbox is registered and active. */
export function randomScenario(seed: number): Scenario {
  const random = seededRandom(seed ^ 0x5ce7a110);
  const chance = (share: number) => random.next() < share;
  const upTo = (limit: number) => Math.floor(random.next() * limit);
  const oneOf = <T>(...values: readonly T[]): T => required(values[upTo(values.length)]);

  const isLagging = chance(0.25);
  const isThrottled = chance(0.15);
  // By date only what came since, and is still in the inbox, is found.
  const expires = chance(0.25);
  const budgetCalls = !isLagging && chance(0.25) ? 8 + upTo(12) : undefined;

  const mail = (simulation: Simulation, mailbox: string): (() => void)[] => {
    const ids: string[] = [];
    const deliver = (labelIds?: readonly string[]) => ids.push(simulation.deliver(mailbox, labelIds));
    const relabel = (add: string[], remove: string[]) => {
      const id = ids[upTo(ids.length)];
      if (id !== undefined && !isThrottled) simulation.relabel(mailbox, id, add, remove);
    };
    return [
      () => deliver(),
      () => deliver(),
      () => deliver(oneOf(['SPAM'], ['SENT'], ['SENT', 'INBOX'], ['DRAFT'], ['INBOX', 'STARRED'])),
      () => relabel([oneOf('SPAM', 'TRASH')], ['INBOX']),
      () => (expires ? deliver() : relabel(['INBOX'], ['SPAM', 'TRASH'])),
      () => (expires ? simulation.gmail.expireHistory(mailbox) : relabel([], ['INBOX'])),
      () => {
        const [id] = ids.splice(upTo(ids.length), 1);
        if (id !== undefined) simulation.erase(mailbox, id);
      },
      () => simulation.makeUnreadable(mailbox, simulation.deliver(mailbox), oneOf(1, 2, 4, Infinity)),
    ];
  };

  /** What people do, one after the other. */
  const deeds = (simulation: Simulation): ((then: () => void) => void)[] => [
    (then) => simulation.pause(ana, () => simulation.after(upTo(20_000), () => simulation.resume(ana, then))),
    (then) => {
      simulation.refuse(
        ana,
        oneOf(revoked, new GoogleApiError(400, 'failedPrecondition', 'Precondition check failed.')),
      );
      simulation.after(upTo(60_000), () => {
        simulation.refuse(ana, undefined);
        simulation.register(ana, {}, then);
      });
    },
    (then) => simulation.remove(ana, () => simulation.after(upTo(5_000), () => simulation.register(ana, {}, then))),
    (then) => simulation.replayParked(ana, then),
    (then) => {
      simulation.gmail.endWatch(ana);
      simulation.after(upTo(5_000), () => simulation.register(ana, {}, then));
    },
    (then) => simulation.register(ana, {}, then),
  ];

  return {
    name: `by chance, seed ${seed}`,
    renewals: true,
    gmail: {
      pageSizeLimit: oneOf(1, 2, 3, 500),
      emptyHistoryPages: chance(0.3),
      indexingLagMs: isLagging ? upTo(8_000) : 0,
      minPushIntervalMs: oneOf(0, 1_000, 1_000, 30_000),
      startHistoryId: oneOf(9_999_950n, 2n ** 53n - BigInt(upTo(60))),
      ...(isThrottled && { unitsPerMinutePerUser: 110 + upTo(200), throttleStatus: oneOf(403, 429) }),
    },
    ...(budgetCalls !== undefined && { budgetCalls }),
    async play(simulation) {
      const { settings } = simulation.gmail;
      const { unitsPerMinutePerUser } = settings;
      // Throttled are the minutes of the storm, and not the way here.
      settings.unitsPerMinutePerUser = 6_000;
      await simulation.onboard(ana);
      if (chance(0.3)) await simulation.onboard(ben);
      simulation.after(60_000, () => (settings.unitsPerMinutePerUser = unitsPerMinutePerUser));
      simulation.after(900_000, () => (settings.unitsPerMinutePerUser = 6_000));

      const events = [ana, ben].flatMap((mailbox) =>
        simulation.gmail.hasUser(mailbox) ? [mail(simulation, mailbox)] : [],
      );
      let atMs = 2_000;
      for (let count = 3 + upTo(12); count > 0; count--) {
        atMs += Math.floor(random.next() ** 4 * 60_000);
        simulation.after(atMs, oneOf(...oneOf(...events)));
      }

      const program = Array.from({ length: upTo(3) }, () => oneOf(...deeds(simulation)));
      const next = () => {
        const deed = program.pop();
        if (deed) return simulation.after(upTo(40_000), () => deed(next));
        simulation.refuse(ana, undefined);
        simulation.register(ana, {}, () => simulation.resume(ana));
      };
      if (program.length > 0) next();
    },
  };
}

const revoked = new GoogleApiError(401, 'authError', 'Invalid Credentials');
