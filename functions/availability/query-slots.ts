import type * as z from 'zod';
import { findSlots } from '../../shared/domain/find-slots';
import type { GatherDependencies } from '../../shared/domain/gather-hosts';
import { requireMailbox, sees, type Caller } from '../../shared/domain/grants';
import { parseInstant } from '../../shared/domain/instant';
import { formatLocal } from '../../shared/domain/local-time';
import type { slotAnswer, slotQuery } from './schema';

type Answer = z.input<typeof slotAnswer>;

/** The hosts must be among the caller's; the attendees need not, where a host may see whether they are free. */
export async function querySlots(
  deps: GatherDependencies,
  caller: Caller,
  query: z.output<typeof slotQuery>,
  nowMs: number,
): Promise<Answer> {
  for (const host of query.hosts) requireMailbox(caller, host);
  const found = await findSlots(deps, {
    ...query,
    timeMinMs: parseInstant(query.timeMin),
    timeMaxMs: parseInstant(query.timeMax),
    nowMs,
    slotIntervalMinutes: query.slotIntervalMinutes ?? query.durationMinutes,
    attendees: query.attendees
      .filter((email) => !query.hosts.includes(email))
      .map((email) => ({ email, mayBeActedFor: sees(caller, email) })),
  });
  const timeZone = query.timeZone ?? found.timeZone;
  const warnings: Answer['warnings'] = [...found.warnings];
  const next = found.slots[query.maxSlots];
  if (next)
    warnings.push({
      code: 'moreSlots',
      message: `There are more slots than ${query.maxSlots}: ask again with timeMin ${next.start}.`,
    });
  return {
    timeZone: timeZone ?? null,
    asOf: new Date(nowMs).toISOString(),
    slots: found.slots.slice(0, query.maxSlots).map(({ start, end, hosts }) => ({
      start,
      end,
      hosts: [...hosts],
      localStart: formatLocal(parseInstant(start), timeZone ?? 'UTC'),
    })),
    warnings,
  };
}
