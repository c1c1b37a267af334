import { GoogleApiError } from '../workspace/google-api-error';
import { ana, ben, deliverSeveral, type Scenario } from './scenario';

const revoked = () => new GoogleApiError(401, 'authError', 'Invalid Credentials');

/** What people do to a mailbox: registration, pause, consent, removal. */
export const lifeScenarios: readonly Scenario[] = [
  {
    name: 'registration while mail keeps coming',
    renewals: true,
    play(simulation) {
      simulation.after(1_000, () =>
        simulation.register(ana, {}, () => {
          simulation.deliver(ana);
          simulation.after(1_200, () => simulation.deliver(ana));
        }),
      );
      for (const delayMs of [1_010, 1_035, 1_065, 1_100]) simulation.after(delayMs, () => simulation.deliver(ana));
    },
  },
  {
    name: 'registration that also asks for older mail',
    renewals: true,
    play(simulation) {
      simulation.gmail.createUser(ana);
      const backfillSinceMs = simulation.world.nowMs + 500;
      simulation.after(1_000, () => deliverSeveral(simulation, 4));
      simulation.after(3_600, () =>
        simulation.register(ana, { backfillSinceMs }, () => {
          simulation.expectAll(ana);
          simulation.deliver(ana);
        }),
      );
    },
  },
  {
    name: 'older mail asked for, and then mail older still',
    renewals: true,
    async play(simulation) {
      simulation.gmail.createUser(ana);
      const startMs = simulation.world.nowMs;
      simulation.after(1_000, () => deliverSeveral(simulation, 2));
      simulation.after(5_000, () => deliverSeveral(simulation, 2));
      simulation.after(8_000, () => simulation.register(ana, { backfillSinceMs: startMs + 4_000 }));
      simulation.after(8_090, () =>
        simulation.register(ana, { backfillSinceMs: startMs + 500 }, () => simulation.expectAll(ana)),
      );
    },
  },
  {
    name: 'registration a second time, for another label too',
    renewals: true,
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => simulation.deliver(ana));
      simulation.after(2_040, () =>
        simulation.register(ana, { labelIds: ['INBOX', 'STARRED'] }, () => {
          simulation.deliver(ana, ['STARRED']);
          simulation.deliver(ana);
        }),
      );
    },
  },
  {
    name: 'a watch that was lost and is renewed',
    renewals: true,
    sweepNeeded: true,
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => {
        simulation.gmail.endWatch(ana);
        simulation.deliver(ana);
      });
    },
  },
  {
    name: 'pause and resumption',
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => deliverSeveral(simulation, 2));
      simulation.after(2_040, () =>
        simulation.pause(ana, () => {
          simulation.deliver(ana);
          simulation.after(5_000, () => simulation.resume(ana));
          simulation.after(5_020, () => simulation.deliver(ana));
        }),
      );
    },
  },
  {
    name: 'pause for half a minute, in which everything is delivered again',
    gmail: { minPushIntervalMs: 0 },
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => deliverSeveral(simulation, 2));
      simulation.after(2_040, () =>
        simulation.pause(ana, () => simulation.after(30_000, () => simulation.resume(ana))),
      );
    },
  },
  {
    name: 'pause for so long that the history expires',
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => simulation.deliver(ana));
      simulation.after(4_000, () =>
        simulation.pause(ana, () => {
          deliverSeveral(simulation, 3);
          simulation.gmail.expireHistory(ana);
          simulation.after(5_000, () => simulation.resume(ana));
        }),
      );
    },
  },
  {
    name: 'consent withdrawn and given again',
    renewals: true,
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => simulation.deliver(ana));
      simulation.after(2_040, () => {
        simulation.refuse(ana, revoked());
        simulation.deliver(ana);
      });
      simulation.after(3_200, () => simulation.deliver(ana));
      simulation.after(700_000, () => {
        simulation.refuse(ana, undefined);
        simulation.register(ana, {}, () => simulation.deliver(ana));
      });
    },
    check({ invariants, world, product }) {
      // In a storm the refusal may be over before anybody has met it.
      const count = invariants.countEvents('mailbox.needsAuth');
      if (count > 1 || (count === 0 && world.faults + product.subscription.lost === 0))
        invariants.violate('refusal not announced once');
    },
  },
  {
    name: 'consent withdrawn for a moment',
    renewals: true,
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => {
        simulation.refuse(ana, revoked());
        simulation.deliver(ana);
      });
      simulation.after(2_065, () => {
        simulation.refuse(ana, undefined);
        simulation.register(ana, {}, () => simulation.deliver(ana));
      });
    },
  },
  {
    name: 'consent withdrawn for good',
    renewals: true,
    async play(simulation) {
      await simulation.onboard(ana);
      await simulation.onboard(ben);
      simulation.after(2_000, () => {
        simulation.refuse(ana, revoked());
        simulation.deliver(ana);
        simulation.invariants.excuseAll(ana);
        simulation.deliver(ben);
      });
      simulation.after(3_500, () => simulation.deliver(ben));
    },
    check({ invariants }) {
      if (invariants.countEvents('mailbox.needsAuth') !== 1) invariants.violate('refusal not announced once');
    },
  },
  {
    name: 'removal in the middle of work, with pushes still coming',
    renewals: true,
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => deliverSeveral(simulation, 4));
      simulation.after(2_050, () => simulation.remove(ana));
      simulation.after(2_060, () => simulation.deliver(ana));
    },
  },
  {
    name: 'removal and registration anew',
    renewals: true,
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => deliverSeveral(simulation, 4));
      simulation.after(2_050, () =>
        simulation.remove(ana, () => {
          simulation.deliver(ana);
          simulation.register(ana, {}, () => deliverSeveral(simulation, 2));
        }),
      );
    },
  },
  {
    name: 'messages set aside and asked for again',
    async play(simulation) {
      await simulation.onboard(ana);
      let lost = '';
      simulation.after(2_000, () => {
        simulation.deliver(ana);
        lost = simulation.deliver(ana);
        simulation.makeUnreadable(ana, lost);
      });
      simulation.after(900_000, () => {
        simulation.makeReadable(ana, lost);
        simulation.replayParked(ana);
      });
    },
  },
];
