import * as z from 'zod';

/**
 * What goes wrong with a call. `drop` closes the connection, before the call has had its effect or after it;
 * `truncate` closes it in the middle of the answer.
 */
const faultSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('error'),
    status: z.int().min(400).max(599),
    reason: z.string().min(1),
    message: z.string().optional(),
    /** RFC 3339; appended to the message, as Gmail does. */
    retryAfter: z.iso.datetime({ offset: true }).optional(),
    /** The `Retry-After` header. */
    retryAfterSeconds: z.int().min(0).optional(),
  }),
  z.strictObject({ type: z.literal('delay'), ms: z.int().min(0) }),
  z.strictObject({ type: z.literal('drop'), when: z.enum(['before', 'after']).default('before') }),
  z.strictObject({ type: z.literal('truncate') }),
]);

export const faultRuleSchema = z.strictObject({
  /** Both must fit; left out, anything does. `method` is an id as in Google's discovery documents, or `oauth.token`. */
  match: z.strictObject({ method: z.string().optional(), userId: z.string().optional() }).default({}),
  /** How many calls it hits. */
  times: z.int().min(1).default(1),
  fault: faultSchema,
});

export type Fault = z.output<typeof faultSchema>;
export type FaultRule = z.output<typeof faultRuleSchema>;

/** Faults that wait for a call, the oldest first. One call meets one fault at most. */
export class Faults {
  #waiting: { rule: FaultRule; left: number }[] = [];

  add(rule: z.input<typeof faultRuleSchema>): void {
    const parsed = faultRuleSchema.parse(rule);
    this.#waiting.push({ rule: parsed, left: parsed.times });
  }

  clear(): void {
    this.#waiting = [];
  }

  take(method: string, userId: string): Fault | undefined {
    const hit = this.#waiting.find(
      ({ rule: { match } }) =>
        (match.method === undefined || match.method === method) &&
        (match.userId === undefined || match.userId.toLowerCase() === userId.toLowerCase()),
    );
    if (!hit) return undefined;
    hit.left -= 1;
    if (hit.left === 0) this.#waiting = this.#waiting.filter((other) => other !== hit);
    return hit.rule.fault;
  }
}
