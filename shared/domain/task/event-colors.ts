/** Apart from `colors.ts`, because the console shows them and needs no schemas for that. */
export const TASK_TYPES = ['call', 'email', 'meeting', 'task', 'followUp'] as const;

export type TaskType = (typeof TASK_TYPES)[number];

export const DEFAULT_COLORS: Readonly<Record<TaskType, string>> = {
  call: '#8B5CF6',
  email: '#3B82F6',
  meeting: '#EF4444',
  task: '#10B981',
  followUp: '#F59E0B',
};

/** Google's `colorId` for events of this type. */
export function colorIdOf(type: TaskType, colors: Readonly<Partial<Record<TaskType, string | undefined>>>): string {
  const hex = colors[type] ?? DEFAULT_COLORS[type];
  // People call the calls' violet Grape; by distance in RGB it is a Blueberry.
  return hex === DEFAULT_COLORS.call ? '3' : nearestColorId(hex);
}

/** The one of Google's eleven event colours at the least distance in RGB; of equally near ones the first. */
export function nearestColorId(hex: string): string {
  const wanted = channelsOf(hex);
  const distance = ({ hex: other }: (typeof EVENT_COLORS)[number]) =>
    channelsOf(other).reduce((sum, channel, i) => sum + (channel - wanted[i]!) ** 2, 0);
  return EVENT_COLORS.reduce((best, color) => (distance(color) < distance(best) ? color : best)).id;
}

/** As `colors.get` of the Calendar API answers, by id, with the names that people see. */
export const EVENT_COLORS = [
  { id: '1', name: 'Lavender', hex: '#A4BDFC' },
  { id: '2', name: 'Sage', hex: '#7AE7BF' },
  { id: '3', name: 'Grape', hex: '#DBADFF' },
  { id: '4', name: 'Flamingo', hex: '#FF887C' },
  { id: '5', name: 'Banana', hex: '#FBD75B' },
  { id: '6', name: 'Tangerine', hex: '#FFB878' },
  { id: '7', name: 'Peacock', hex: '#46D6DB' },
  { id: '8', name: 'Graphite', hex: '#E1E1E1' },
  { id: '9', name: 'Blueberry', hex: '#5484ED' },
  { id: '10', name: 'Basil', hex: '#51B749' },
  { id: '11', name: 'Tomato', hex: '#DC2127' },
] as const;

function channelsOf(hex: string): number[] {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
