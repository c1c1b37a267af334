import { isDeepStrictEqual } from 'node:util';
import type { calendar_v3 } from 'googleapis/build/src/apis/calendar/v3';
import type { Calendar, StoredEvent } from './calendar';
import type { CalendarContext } from './context';
import { forbiddenForNonOrganizer } from './errors';
import { statusOf } from './invitations';
import type { SendUpdates } from './invitations';

type Resource = calendar_v3.Schema$Event;

/**
 * A guest writes her copy. Her answer reaches the organizer and the other guests. Title, time and the like are hers until
 * the organizer's next change, unless guests may modify the event: then they are everybody's.
 */
export function storeGuestCopy(
  { directory, invitations }: CalendarContext,
  calendar: Calendar,
  before: StoredEvent,
  wanted: Resource,
  sendUpdates: SendUpdates = 'none',
): StoredEvent {
  for (const field of ['guestsCanModify', 'guestsCanInviteOthers', 'guestsCanSeeOtherGuests'] as const) {
    if (wanted[field] !== before.resource[field]) throw forbiddenForNonOrganizer();
  }
  const organizers = directory.find(before.resource.organizer?.email ?? '');
  const original = organizers?.find(before.id);
  const answer = wanted.attendees?.find(({ email }) => email === calendar.id);
  const attendees = (original ?? before).resource.attendees?.map((one) =>
    answer && one.email === calendar.id ? { ...one, ...answer } : one,
  );
  const withAnswers = attendees && { attendees };
  if (organizers && original && organizers.isLive(original)) {
    const changed = { ...original.resource, ...(before.resource.guestsCanModify && mainOf(wanted)), ...withAnswers };
    if (!isDeepStrictEqual(changed, original.resource)) {
      const after = organizers.put(original.id, changed);
      invitations.spread(after, original.resource, calendar);
      const isNewAnswer = statusOf(changed, calendar.id) !== statusOf(original.resource, calendar.id);
      if (isNewAnswer) invitations.respond(after, calendar.id, sendUpdates);
    }
  }
  const { conferenceData, hangoutLink } = before.resource;
  const { conferenceData: _data, hangoutLink: _link, ...rest } = wanted;
  const conference = { ...(conferenceData && { conferenceData }), ...(hangoutLink && { hangoutLink }) };
  return calendar.put(before.id, { ...rest, ...conference, ...withAnswers });
}

function mainOf({ summary, description, location, start, end }: Resource): Resource {
  return {
    ...(summary != null && { summary }),
    ...(description != null && { description }),
    ...(location != null && { location }),
    ...(start && { start }),
    ...(end && { end }),
  };
}
