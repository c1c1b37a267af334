import * as z from 'zod';
import { TASK_TYPES, type TaskType } from './event-colors';

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
