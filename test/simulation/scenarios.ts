import type { GmailSettings } from '../workspace/gmail/model';
import type { Simulation } from './simulation';

export interface Scenario {
  readonly name: string;
  readonly gmail?: Partial<GmailSettings>;
  /** Whether redelivery alone must bring every message, without the sweep. */
  readonly sweepNeeded?: boolean;
  /** Whether, without faults, every message must be with the agent within seconds. */
  readonly prompt?: boolean;
  play(simulation: Simulation): Promise<void>;
}

const ana = 'ana@example.com';
const ben = 'ben@example.com';

function soon(simulation: Simulation, delayMs: number, act: () => void): void {
  simulation.world.after(delayMs, act);
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'one message',
    prompt: true,
    async play(simulation) {
      await simulation.onboard(ana);
      soon(simulation, 2_000, () => simulation.deliver(ana));
    },
  },
  {
    name: 'three messages, the later two within the second in which Gmail drops pushes',
    async play(simulation) {
      await simulation.onboard(ana);
      soon(simulation, 2_000, () => simulation.deliver(ana));
      soon(simulation, 2_400, () => simulation.deliver(ana));
      soon(simulation, 3_300, () => simulation.deliver(ana));
    },
  },
  {
    name: 'a message that arrives while the one before is being read',
    prompt: true,
    async play(simulation) {
      await simulation.onboard(ana);
      soon(simulation, 2_000, () => simulation.deliver(ana));
      soon(simulation, 3_050, () => simulation.deliver(ana));
      soon(simulation, 4_100, () => simulation.deliver(ana));
    },
  },
  {
    name: 'seven messages over pages of two, with empty pages between',
    gmail: { pageSizeLimit: 2, emptyHistoryPages: true },
    prompt: true,
    async play(simulation) {
      await simulation.onboard(ana);
      soon(simulation, 2_000, () => {
        for (let count = 0; count < 7; count++) simulation.deliver(ana);
      });
      soon(simulation, 4_000, () => simulation.deliver(ana));
    },
  },
  {
    name: 'history that lags four seconds behind its push',
    gmail: { indexingLagMs: 4_000 },
    async play(simulation) {
      await simulation.onboard(ana);
      soon(simulation, 6_000, () => simulation.deliver(ana));
      soon(simulation, 8_000, () => simulation.deliver(ana));
    },
  },
  {
    name: 'drafts, spam, rescue, own mail, archived and deleted mail',
    async play(simulation) {
      await simulation.onboard(ana);
      let spam = '';
      let doomed = '';
      soon(simulation, 2_000, () => {
        simulation.deliver(ana, ['DRAFT']);
        simulation.deliver(ana, ['SENT']);
        simulation.deliver(ana, ['SENT', 'INBOX']);
        spam = simulation.deliver(ana);
        simulation.relabel(ana, spam, ['SPAM'], ['INBOX']);
        doomed = simulation.deliver(ana);
      });
      soon(simulation, 2_150, () => simulation.remove(ana, doomed));
      soon(simulation, 3_500, () => simulation.relabel(ana, spam, ['INBOX'], ['SPAM']));
      soon(simulation, 5_000, () => simulation.relabel(ana, simulation.deliver(ana), [], ['INBOX']));
    },
  },
  {
    name: 'history that has expired',
    async play(simulation) {
      await simulation.onboard(ana);
      soon(simulation, 2_000, () => simulation.deliver(ana));
      soon(simulation, 200_000, () => {
        for (let count = 0; count < 4; count++) simulation.deliver(ana);
        simulation.gmail.expireHistory(ana);
        simulation.deliver(ana);
      });
      soon(simulation, 202_000, () => simulation.deliver(ana));
    },
  },
  {
    name: 'a message that cannot be read',
    async play(simulation) {
      await simulation.onboard(ana);
      soon(simulation, 2_000, () => {
        simulation.deliver(ana);
        simulation.deliverUnreadable(ana);
        simulation.deliver(ana);
      });
      soon(simulation, 4_000, () => simulation.deliver(ana));
    },
  },
  {
    name: 'throttling',
    sweepNeeded: true,
    async play(simulation) {
      await simulation.onboard(ana);
      simulation.gmail.settings.unitsPerMinutePerUser = 50;
      soon(simulation, 61_000, () => {
        for (let count = 0; count < 4; count++) simulation.deliver(ana);
      });
    },
  },
  {
    name: 'two mailboxes',
    prompt: true,
    async play(simulation) {
      await simulation.onboard(ana);
      await simulation.onboard(ben);
      soon(simulation, 2_000, () => simulation.deliver(ana));
      soon(simulation, 2_010, () => simulation.deliver(ben));
      soon(simulation, 3_100, () => simulation.deliver(ben));
      soon(simulation, 3_200, () => simulation.deliver(ana));
    },
  },
];
