import * as z from 'zod';

export const TASK_TYPES = ['call', 'email', 'meeting', 'task', 'followUp'] as const;

export type TaskType = (typeof TASK_TYPES)[number];

export const hexColor = z
  .string()
  .regex(/^#[0-9A-Fa-f]{6}$/, 'expected a colour such as #8B5CF6')
  .transform((text) => text.toUpperCase());

/** A colour for each type; those that are left out have their default. */
export const taskTypeColors = z.strictObject(
  Object.fromEntries(TASK_TYPES.map((type) => [type, hexColor.exactOptional()])) as Record<
    TaskType,
    z.ZodExactOptional<typeof hexColor>
  >,
);

export type TaskTypeColors = z.output<typeof taskTypeColors>;

export const DEFAULT_COLORS: Readonly<Record<TaskType, string>> = {
  call: '#8B5CF6',
  email: '#3B82F6',
  meeting: '#EF4444',
  task: '#10B981',
  followUp: '#F59E0B',
};

/** Google's `colorId` for events of this type. */
export function colorIdOf(type: TaskType, colors: TaskTypeColors): string {
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

/** As `colors.get` of the Calendar API answers, by id. */
const EVENT_COLORS = [
  { id: '1', hex: '#A4BDFC' },
  { id: '2', hex: '#7AE7BF' },
  { id: '3', hex: '#DBADFF' },
  { id: '4', hex: '#FF887C' },
  { id: '5', hex: '#FBD75B' },
  { id: '6', hex: '#FFB878' },
  { id: '7', hex: '#46D6DB' },
  { id: '8', hex: '#E1E1E1' },
  { id: '9', hex: '#5484ED' },
  { id: '10', hex: '#51B749' },
  { id: '11', hex: '#DC2127' },
] as const;

function channelsOf(hex: string): number[] {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
