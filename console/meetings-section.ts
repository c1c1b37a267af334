import type { MeetingView } from '../shared/domain/meeting/meeting-view';
import type { Api } from './api';
import { card, chip, facts, moment, type Fact } from './card';
import { h } from './dom';
import { counted, exactly } from './format';
import { listing } from './listing';

export function meetingsSection(api: Api): HTMLElement[] {
  return [
    h('p', { class: 'lead' }, 'What began up to 30 minutes ago, or begins within the next 10.'),
    listing<MeetingView>(api, {
      path: '/v1/meetings:upcoming',
      member: 'meetings',
      render: meetingCard,
      empty: 'No meeting is about to begin.',
    }),
  ];
}

function meetingCard(meeting: MeetingView): HTMLElement {
  const { summary, start, end, timeZone, host, attendees, location, conference, htmlLink } = meeting;
  const nowMs = Date.now();
  const isUnderWay = Date.parse(start) <= nowMs;
  const details: Fact[] = [
    ['Time', `${exactly(start, timeZone)} – ${exactly(end, timeZone).slice(-5)} (${timeZone})`],
    ['Host', host],
    ['Guests', attendees.length === 0 ? 'none' : counted(attendees.length, 'guest')],
    ...(location === null ? [] : [['Place', location] as const]),
  ];
  return card(
    summary,
    { beside: isUnderWay ? chip('under way', 'good') : chip('soon'), about: ['Begins ', moment(start, nowMs)] },
    facts(details),
    h(
      'div',
      { class: 'actions' },
      conference.joinUrl !== null && link(conference.joinUrl, 'Join', `Join ${summary}`, 'button'),
      htmlLink !== null && link(htmlLink, 'Open in the calendar', `Open ${summary} in the calendar`),
    ),
  );
}

/** Only addresses of the web: what a calendar says is not ours. */
function link(href: string, text: string, label: string, kind = ''): HTMLElement | undefined {
  if (!/^https?:\/\//.test(href)) return undefined;
  return h('a', { href, class: kind, target: '_blank', rel: 'noreferrer', 'aria-label': label }, text);
}
