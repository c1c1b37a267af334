import * as z from 'zod';
import { admin, userOf } from '../admin';
import type { GmailModel } from '../gmail/model';
import { parseJson, Reply } from '../router';
import type { Call, Route } from '../router';
import { roles } from './calendar';
import { pushFaultSchema } from './channel-pusher';
import type { ChannelPusher } from './channel-pusher';
import type { CalendarModel } from './model';
import { eventOf, queryOf, writeOptionsOf } from './requests';

export interface CalendarAdminOptions {
  readonly calendar: CalendarModel;
  readonly pusher: ChannelPusher;
  readonly gmail: Pick<GmailModel, 'hasUser'>;
}

/** The people in front of their calendars, and what Google does by itself. */
export function calendarAdminRoutes({ calendar, pusher, gmail }: CalendarAdminOptions): Route[] {
  const { events, directory } = calendar;
  const actor = (call: Call) => userOf(gmail, call);
  const where = (call: Call) => queryOf(whereQuery, call).calendarId;
  const eventId = ({ params }: Call) => params['eventId'] ?? '';
  const one = '/users/{email}/events/{eventId}';
  return [
    admin('POST', '/users/{email}/events', (call) => {
      const event = events.insert(actor(call), where(call), eventOf(call), writeOptionsOf(call));
      return new Reply(201, event);
    }),
    admin('PATCH', one, (call) =>
      events.patch(actor(call), where(call), eventId(call), eventOf(call), writeOptionsOf(call)),
    ),
    admin('DELETE', one, (call) => events.delete(actor(call), where(call), eventId(call), writeOptionsOf(call))),
    admin('POST', `${one}/move`, (call) => {
      const { destination } = queryOf(moveQuery, call);
      return events.move(actor(call), where(call), eventId(call), destination, writeOptionsOf(call));
    }),
    admin('POST', '/users/{email}/calendars', (call) => {
      const { id, shares, supportsPush, ...request } = parseJson(newCalendarSchema, call.body);
      const created = calendar.calendars.insert(actor(call), request, id);
      change(created.id ?? '', { shares, supportsPush });
      return new Reply(201, created);
    }),
    admin('PATCH', '/users/{email}/freeBusySharing', (call) => {
      directory.person(actor(call)).freeBusySharing = parseJson(sharingSchema, call.body).sharing;
    }),
    admin('PATCH', '/calendars/{calendarId}', ({ params, body }) => {
      change(params['calendarId'] ?? '', parseJson(calendarChangeSchema, body));
    }),
    admin('POST', '/calendars/{calendarId}/expireSyncTokens', ({ params }) =>
      calendar.calendar(params['calendarId'] ?? '').expireSyncTokens(),
    ),
    admin('GET', '/calendar/mails', () => ({ mails: calendar.mails })),
    admin('GET', '/calendar/channels', () => ({ channels: calendar.channels.list() })),
    admin('POST', '/calendar/channelFaults', ({ body }) => pusher.addFault(parseJson(pushFaultSchema, body))),
    admin('DELETE', '/calendar/channelFaults', () => pusher.clearFaults()),
    admin('GET', '/calendar/settings', () => ({ ...calendar.settings, ...pusher.settings })),
    admin('PATCH', '/calendar/settings', ({ body }) => {
      const { syncBeforeAnswer, retryDelaysMs, ...settings } = parseJson(settingsSchema, body);
      Object.assign(calendar.settings, settings);
      Object.assign(pusher.settings, syncBeforeAnswer !== undefined && { syncBeforeAnswer });
      Object.assign(pusher.settings, retryDelaysMs && { retryDelaysMs });
      return { ...calendar.settings, ...pusher.settings };
    }),
  ];

  function change(calendarId: string, { shares = {}, supportsPush }: z.output<typeof calendarChangeSchema>): void {
    const found = calendar.calendar(calendarId);
    found.supportsPush = supportsPush ?? found.supportsPush;
    for (const [email, role] of Object.entries(shares)) directory.share(found, email, role);
  }
}

const whereQuery = z.object({ calendarId: z.string().default('primary') });
const moveQuery = z.object({ destination: z.string() });
const sharingSchema = z.strictObject({ sharing: z.enum(['domain', 'none']) });
const calendarChangeSchema = z.strictObject({
  /** Role by address. */
  shares: z.record(z.email(), z.enum(roles)).optional(),
  supportsPush: z.boolean().optional(),
});
const newCalendarSchema = calendarChangeSchema.extend({
  summary: z.string(),
  timeZone: z.string().exactOptional(),
  description: z.string().exactOptional(),
  id: z.string().min(1).optional(),
});
const amount = z.int().min(0).optional();
const settingsSchema = z.strictObject({
  pageSizeLimit: z.int().min(1).optional(),
  emptyListPages: z.boolean().optional(),
  maxFreeBusyDays: amount,
  maxChannelLifetimeMs: amount,
  conferencePendingMs: amount,
  conferencePendingReads: amount,
  conferenceFails: z.boolean().optional(),
  unitsPerMinutePerUser: amount,
  unitsPerMinutePerProject: amount,
  throttleStatus: z.literal([403, 429]).optional(),
  syncBeforeAnswer: z.boolean().optional(),
  retryDelaysMs: z.array(z.int().min(0)).optional(),
});
