import * as z from 'zod';
import type { BusMessage } from './ports';

/** What travels on the topic `task-sync`: one thing to do for one connection. Every one of them may come twice. */
export const syncJob = z.discriminatedUnion('kind', [
  /** Brings a task's event into line with the task. */
  z.object({ kind: z.literal('syncTask'), connectionId: z.string(), taskId: z.string() }),
  /** Reads what has changed in a calendar. */
  z.object({ kind: z.literal('pullCalendar'), connectionId: z.string(), calendarId: z.string() }),
  /** Renews channels that are missing or end soon, and hands on what has waited; `force`: renews all and nothing else. */
  z.object({ kind: z.literal('refreshChannels'), connectionId: z.string(), force: z.boolean() }),
  /** The user goes on with another account: the tasks forget their events, which stay, and go through its connection. */
  z.object({ kind: z.literal('clearLinks'), connectionId: z.string(), successorId: z.string() }),
  /** Deletes events of ours whose task is gone, and lets go of events that are gone; a dry run only counts them. */
  z.object({ kind: z.literal('removeOrphans'), connectionId: z.string(), dryRun: z.boolean() }),
]);

export type SyncJob = z.infer<typeof syncJob>;

export function encodeSyncJob(job: SyncJob): BusMessage {
  return { data: JSON.stringify(job), attributes: { kind: job.kind } };
}
