import { GoogleApiError } from '../workspace/google-api-error';
import { ana, ben, deliverSeveral, type Scenario } from './scenario';

/** What mail does, and Gmail with it. */
export const mailScenarios: readonly Scenario[] = [
  {
    name: 'one message',
    prompt: true,
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => simulation.deliver(ana));
    },
  },
  {
    name: 'three messages, the later two within the second in which Gmail drops pushes',
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => simulation.deliver(ana));
      simulation.after(2_400, () => simulation.deliver(ana));
      simulation.after(3_300, () => simulation.deliver(ana));
    },
  },
  {
    name: 'a push for every message, each before the last is read',
    gmail: { minPushIntervalMs: 0 },
    prompt: true,
    async play(simulation) {
      await simulation.onboard(ana);
      for (const delayMs of [2_000, 2_015, 2_035, 2_055, 2_100])
        simulation.after(delayMs, () => simulation.deliver(ana));
    },
  },
  {
    name: 'mail long after the first, and more when a worker that stalled would wake up',
    gmail: { minPushIntervalMs: 0 },
    prompt: true,
    async play(simulation) {
      await simulation.onboard(ana);
      for (const delayMs of [2_000, 200_000, 402_060, 402_090])
        simulation.after(delayMs, () => simulation.deliver(ana));
    },
  },
  {
    name: 'seven messages over pages of two, with empty pages between',
    gmail: { pageSizeLimit: 2, emptyHistoryPages: true },
    prompt: true,
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => deliverSeveral(simulation, 7));
      simulation.after(4_000, () => simulation.deliver(ana));
    },
  },
  {
    name: 'mail that arrives between the pages',
    gmail: { pageSizeLimit: 1, minPushIntervalMs: 600_000 },
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.gmail.settings.minPushIntervalMs = 0;
      simulation.after(2_000, () => deliverSeveral(simulation, 2));
      simulation.after(2_001, () => (simulation.gmail.settings.minPushIntervalMs = 600_000));
      for (let delayMs = 2_020; delayMs < 2_200; delayMs += 40)
        simulation.after(delayMs, () => simulation.deliver(ana));
    },
  },
  {
    name: 'more work than one invocation has time for',
    gmail: { pageSizeLimit: 3 },
    budgetCalls: 7,
    prompt: true,
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => deliverSeveral(simulation, 8));
    },
  },
  {
    name: 'history that lags four seconds behind its push',
    gmail: { indexingLagMs: 4_000 },
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(6_000, () => simulation.deliver(ana));
      simulation.after(8_000, () => simulation.deliver(ana));
    },
  },
  {
    name: 'pushes for nothing: malformed, for nobody, and of history that never comes',
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.product.subscription.publish({ data: '{"emailAddress":"ana' });
      simulation.product.subscription.publish({ data: '{"emailAddress":"nobody@example.com","historyId":9}' });
      simulation.after(2_000, () => simulation.notify(ana, '18446744073709551614'));
      simulation.after(3_000, () => simulation.deliver(ana));
    },
  },
  {
    name: 'drafts, spam, rescue, own mail, archived and deleted mail',
    async play(simulation) {
      await simulation.onboard(ana);
      let spam = '';
      let doomed = '';
      simulation.after(2_000, () => {
        simulation.deliver(ana, ['DRAFT']);
        simulation.deliver(ana, ['SENT']);
        simulation.deliver(ana, ['SENT', 'INBOX']);
        spam = simulation.deliver(ana, ['SPAM']);
        doomed = simulation.deliver(ana);
      });
      simulation.after(2_050, () => simulation.erase(ana, doomed));
      simulation.after(3_500, () => simulation.relabel(ana, spam, ['INBOX'], ['SPAM']));
      simulation.after(5_000, () => simulation.relabel(ana, simulation.deliver(ana), [], ['INBOX']));
    },
  },
  {
    name: 'much that is no news before what is',
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => {
        deliverSeveral(simulation, 3, ['SPAM']);
        deliverSeveral(simulation, 2);
        deliverSeveral(simulation, 3, ['SPAM']);
      });
      simulation.after(4_000, () => {
        deliverSeveral(simulation, 3, ['SPAM']);
        deliverSeveral(simulation, 2);
      });
    },
  },
  {
    name: 'a label and SPAM watched beside the inbox',
    async play(simulation) {
      await simulation.onboard(ana, { labelIds: ['INBOX', 'STARRED', 'SPAM'], labelFilterBehavior: 'include' });
      simulation.after(2_000, () => {
        simulation.deliver(ana, ['STARRED']);
        simulation.deliver(ana, ['SPAM']);
        const archived = simulation.deliver(ana, ['CATEGORY_FORUMS']);
        simulation.after(1_500, () => simulation.relabel(ana, archived, ['STARRED'], []));
      });
      simulation.after(5_000, () => simulation.relabel(ana, simulation.deliver(ana), ['STARRED'], ['INBOX']));
    },
  },
  {
    name: 'everything watched but one label',
    async play(simulation) {
      await simulation.onboard(ana, { labelIds: ['CATEGORY_PROMOTIONS'], labelFilterBehavior: 'exclude' });
      simulation.after(2_000, () => {
        simulation.deliver(ana);
        simulation.deliver(ana, ['INBOX', 'CATEGORY_PROMOTIONS']);
        simulation.deliver(ana, ['SPAM']);
      });
      simulation.after(4_000, () => simulation.relabel(ana, simulation.deliver(ana), ['STARRED'], ['UNREAD']));
    },
  },
  {
    name: 'ids beyond 2^53',
    gmail: { startHistoryId: 2n ** 53n - 12n },
    prompt: true,
    async play(simulation) {
      await simulation.onboard(ana);
      for (const delayMs of [2_000, 4_000, 6_000, 8_000]) simulation.after(delayMs, () => simulation.deliver(ana));
    },
  },
  {
    name: 'ids that gain a digit',
    gmail: { startHistoryId: 9_999_985n },
    prompt: true,
    async play(simulation) {
      await simulation.onboard(ana);
      for (const delayMs of [2_000, 4_000, 6_000, 8_000]) simulation.after(delayMs, () => simulation.deliver(ana));
    },
  },
  {
    name: 'history that has expired',
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => simulation.deliver(ana));
      simulation.after(200_000, () => {
        deliverSeveral(simulation, 4);
        simulation.gmail.expireHistory(ana);
        simulation.deliver(ana);
      });
      for (const delayMs of [200_050, 200_090, 200_130, 202_000])
        simulation.after(delayMs, () => simulation.deliver(ana));
    },
    check({ invariants }) {
      if (invariants.countEvents('mailbox.gapRecovered') !== 1) invariants.violate('gap not announced once');
    },
  },
  {
    name: 'history that expires again while the gap is being recovered',
    gmail: { pageSizeLimit: 2 },
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => {
        deliverSeveral(simulation, 3);
        simulation.gmail.expireHistory(ana);
        simulation.deliver(ana);
      });
      simulation.after(2_120, () => {
        deliverSeveral(simulation, 2);
        simulation.gmail.expireHistory(ana);
      });
      simulation.after(4_000, () => simulation.deliver(ana));
    },
  },
  {
    name: 'a message that cannot be read',
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => {
        simulation.deliver(ana);
        simulation.makeUnreadable(ana, simulation.deliver(ana));
        simulation.deliver(ana);
      });
      simulation.after(4_000, () => simulation.deliver(ana));
    },
    check({ invariants }) {
      if (invariants.parkedCount !== 1) invariants.violate('unreadable message not set aside');
    },
  },
  {
    name: 'a message that can be read at the fourth delivery',
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => {
        simulation.deliver(ana);
        simulation.makeUnreadable(ana, simulation.deliver(ana), 10);
      });
      simulation.after(4_000, () => simulation.deliver(ana));
    },
  },
  {
    name: 'throttling',
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.gmail.settings.unitsPerMinutePerUser = 50;
      simulation.after(61_000, () => deliverSeveral(simulation, 4));
    },
  },
  {
    name: 'a few refusals for no clear reason',
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.after(2_000, () => {
        simulation.refuse(ana, new GoogleApiError(400, 'failedPrecondition', 'Precondition check failed.'));
        simulation.deliver(ana);
      });
      simulation.after(30_000, () => simulation.refuse(ana, undefined));
      // Pushes that come twice are refused as often as it takes to give the mailbox up: then somebody has to come.
      simulation.after(120_000, () => void simulation.registerIfRefused(ana));
    },
  },
  {
    name: 'two mailboxes',
    prompt: true,
    async play(simulation) {
      await simulation.onboard(ana);
      await simulation.onboard(ben);
      simulation.after(2_000, () => simulation.deliver(ana));
      simulation.after(2_010, () => simulation.deliver(ben));
      simulation.after(3_100, () => simulation.deliver(ben));
      simulation.after(3_200, () => simulation.deliver(ana));
    },
  },
];
