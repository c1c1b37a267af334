/** Zoom as the product sees it. `shared/zoom/zoom-meetings.ts` is the adapter. */

export interface ZoomMeetingFields {
  /** At most 200 characters; the rest is cut. */
  readonly topic: string;
  readonly startMs: number;
  readonly durationMinutes: number;
  /** IANA zone that Zoom shows the time in. */
  readonly timeZone?: string;
  /** At most 1,900 characters; the rest is cut. */
  readonly agenda?: string;
}

export interface NewZoomMeeting extends ZoomMeetingFields {
  /** Stable for what the meeting belongs to: a create that is repeated finds the meeting of the first one. */
  readonly idempotencyKey: string;
}

/** Zoom's `start_url` is left out: whoever has it is the host. */
export interface ZoomMeeting {
  readonly id: string;
  readonly joinUrl: string;
}

/**
 * `host` is the Zoom user, by address. Errors of every call: AttacheError `unauthorized` (consent or credentials gone),
 * `forbidden`, `notFound` (no such user; or, of an update, no such meeting), `rateLimited` (also: 100 meetings per user and
 * day), `unavailable`, `invalid`. None of them may keep a calendar event from being written.
 */
export interface Zoom {
  createMeeting(host: string, meeting: NewZoomMeeting): Promise<ZoomMeeting>;
  /** Replaces the fields that are given. */
  updateMeeting(host: string, id: string, fields: Partial<ZoomMeetingFields>): Promise<void>;
  /** Resolves also when there is no such meeting. */
  deleteMeeting(host: string, id: string): Promise<void>;
}
