import * as z from 'zod';

/** One Pub/Sub message, as it was pushed. */
export interface Delivery {
  readonly messageId: string;
  readonly dataBase64: string;
  /** `dataBase64` as UTF-8 text. */
  readonly data: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Epoch milliseconds; undefined where the broker did not say. */
  readonly publishTimeMs: number | undefined;
  readonly orderingKey: string | undefined;
  /** From 1; only with a dead-letter policy. */
  readonly deliveryAttempt: number | undefined;
  readonly subscription: string;
}

/**
 * The message in a push body: Pub/Sub's own envelope, or a CloudEvent that carries it, structured (the envelope is its
 * `data`) or binary (the envelope is the body). Undefined where it is none of these.
 */
export function parsePushEnvelope(body: unknown): Delivery | undefined {
  const event = cloudEvent.safeParse(body);
  const parsed = envelope.safeParse(event.success ? contentOf(event.data) : body);
  if (!parsed.success) return undefined;
  const { message, subscription, deliveryAttempt } = parsed.data;
  const publishTimeMs = Date.parse(message.publishTime ?? '');
  return {
    messageId: message.messageId,
    dataBase64: message.data,
    get data() {
      return Buffer.from(message.data, 'base64').toString('utf8');
    },
    attributes: message.attributes ?? {},
    publishTimeMs: Number.isNaN(publishTimeMs) ? undefined : publishTimeMs,
    orderingKey: message.orderingKey,
    deliveryAttempt,
    subscription,
  };
}

const envelope = z.object({
  message: z.object({
    messageId: z.string().min(1),
    data: z.string().default(''),
    attributes: z.record(z.string(), z.string()).nullish(),
    publishTime: z.string().optional(),
    orderingKey: z.string().optional(),
  }),
  subscription: z.string(),
  deliveryAttempt: z.int().optional(),
});

const cloudEvent = z.object({
  specversion: z.string(),
  data: z.unknown().optional(),
  data_base64: z.string().optional(),
});

function contentOf({ data, data_base64: encoded }: z.infer<typeof cloudEvent>): unknown {
  if (encoded === undefined) return data;
  try {
    return JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}
