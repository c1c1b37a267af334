import { auth, calendar as calendarClient } from 'googleapis/build/src/apis/calendar';
import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import * as z from 'zod';
import { startWorkspace } from '../server';
import type { Workspace, WorkspaceOptions } from '../server';

export const ada = 'ada@example.com';
export const grace = 'grace@example.com';
export const fullAccess = 'https://www.googleapis.com/auth/calendar';

/** A Monday. */
export const noonMs = Date.parse('2026-03-02T12:00:00Z');
export const primary = { calendarId: 'primary' } as const;

export interface CalendarWorkspace extends Workspace {
  /** Google's own client; all that differs from production is `rootUrl`. */
  clientFor(email?: string, scopes?: readonly string[], projectId?: string): calendar_v3.Calendar;
  /** Calls an admin route. */
  admin(method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: unknown }>;
}

/** A workspace with Ada and Grace, whose clock begins at `noonMs` and stands still. */
export async function startCalendarWorkspace(options: WorkspaceOptions = {}): Promise<CalendarWorkspace> {
  const workspace = await startWorkspace({ users: [ada, grace], now: () => noonMs, ...options });
  return {
    ...workspace,
    clientFor(email = ada, scopes = [fullAccess], projectId = 'local') {
      const credentials = new auth.OAuth2({ transporterOptions: { fetchImplementation: fetch } });
      const { access_token } = workspace.oauth.issueAccessToken(email, scopes, projectId);
      credentials.setCredentials({ access_token });
      return calendarClient({ version: 'v3', rootUrl: `${workspace.url}/`, auth: credentials, retry: false });
    },
    async admin(method, path, body) {
      const init = { method, ...(body && { body: JSON.stringify(body) }) };
      const response = await fetch(`${workspace.url}/admin${path}`, init);
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
    },
  };
}

const errorSchema = z.object({
  response: z.object({
    data: z.object({
      error: z.object({
        code: z.number(),
        message: z.string(),
        errors: z.array(z.object({ domain: z.string(), reason: z.string() })),
      }),
    }),
  }),
});

/** What Google's client throws, cut down to `code`, `reason` and `domain`. */
export async function errorOf(call: Promise<unknown>) {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  const { code, message, errors } = errorSchema.parse(thrown).response.data.error;
  return { code, message, reason: errors[0]?.reason, domain: errors[0]?.domain };
}

/** A timed event of one hour; `hour` in UTC. */
export function at(hour: number, changes: calendar_v3.Schema$Event = {}): calendar_v3.Schema$Event {
  const time = (hours: number) => ({ dateTime: `2026-03-03T${String(hours).padStart(2, '0')}:00:00Z` });
  return { summary: `At ${hour}`, start: time(hour), end: time(hour + 1), ...changes };
}
