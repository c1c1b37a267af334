import { cleanLine, clip } from './clean-text';
import { stripComments } from './header-values';

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const zones: Readonly<Record<string, string>> = {
  z: 'Z',
  ut: 'Z',
  utc: 'Z',
  gmt: 'Z',
  edt: '-04:00',
  est: '-05:00',
  cdt: '-05:00',
  cst: '-06:00',
  mdt: '-06:00',
  mst: '-07:00',
  pdt: '-07:00',
  pst: '-08:00',
};

const pattern =
  /^(?:[a-z]+\.?,? )?(\d{1,2})[ -]([a-z]{3})[a-z]*\.?[ -](\d{4}|\d{2}),? (\d{1,2}) ?[:.] ?(\d{2})(?: ?[:.] ?(\d{2})(?:\.\d+)?)?(?: ?([+-])(\d{2}):?(\d{2})| ([a-z]{1,5}))?(?![:\d])/i;

/**
 * The date of RFC 5322, with what old and careless senders make of it, as RFC 3339 in the sender's own offset; an offset that
 * is not known is `-00:00`, as RFC 3339 has it. Null where it cannot be read: the runtime's own parser would guess.
 */
export function readDate(value: string): string | null {
  const match = pattern.exec(cleanLine(stripComments(clip(value, 200))));
  if (!match) return null;
  const [, day = '', monthName = '', shortYear = '', hour = '', minute = '', second = '0', sign, ...zone] = match;
  const [offsetHours = '', offsetMinutes = '', zoneName = ''] = zone;
  const month = months.indexOf(monthName.toLowerCase());
  const year = shortYear.length === 4 ? Number(shortYear) : Number(shortYear) + (Number(shortYear) < 50 ? 2000 : 1900);
  if (month < 0 || Number(day) < 1 || Number(day) > new Date(Date.UTC(year, month + 1, 0)).getUTCDate()) return null;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  if (Number(offsetHours) > 23 || Number(offsetMinutes) > 59) return null;

  const offset = sign ? `${sign}${offsetHours}:${offsetMinutes}` : (zones[zoneName.toLowerCase()] ?? '-00:00');
  // A leap second has no place in what most programs take for a time.
  const time = [hour, minute, String(Math.min(Number(second), 59))].map((part) => part.padStart(2, '0')).join(':');
  return `${String(year).padStart(4, '0')}-${String(month + 1).padStart(2, '0')}-${day.padStart(2, '0')}T${time}${offset}`;
}
