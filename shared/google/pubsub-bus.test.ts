import * as z from 'zod';
import { startStandIn, type StandInAnswer } from '../../test/http-stand-in';
import type { BusMessage } from '../domain/ports';
import { createPubSubBus } from './pubsub-bus';

const publishedBatch = z.object({
  messages: z.array(
    z.strictObject({
      data: z.string(),
      attributes: z.record(z.string(), z.string()).optional(),
      orderingKey: z.string().optional(),
    }),
  ),
});

describe('publishing over REST', () => {
  let standIn: Awaited<ReturnType<typeof startStandIn>>;
  let answer: (batch: z.infer<typeof publishedBatch>) => StandInAnswer;

  beforeEach(async () => {
    let published = 0;
    answer = ({ messages }) => ({ body: { messageIds: messages.map(() => String(++published)) } });
    standIn = await startStandIn(({ body }) => answer(publishedBatch.parse(JSON.parse(body))));
  });
  afterEach(() => standIn.stop());

  const batches = (): z.infer<typeof publishedBatch>['messages'][] =>
    standIn.received.map(({ body }) => publishedBatch.parse(JSON.parse(body)).messages);
  const publish = (...messages: BusMessage[]): Promise<string[]> => publishWithin(20_000, messages);
  const publishWithin = (timeoutMs: number, messages: BusMessage[]): Promise<string[]> =>
    createPubSubBus({ projectId: 'p', emulatorHost: new URL(standIn.url).host, timeoutMs }).publish('t', messages);

  test('all messages of a publish go in one call, with their attributes and keys', async () => {
    const ids = await publish({ data: 'ä', attributes: { a: 'b' }, orderingKey: 'k' }, { data: 'c' });
    expect(ids).toEqual(['1', '2']);
    expect(standIn.received.map(({ method, url }) => [method, url])).toEqual([
      ['POST', '/v1/projects/p/topics/t:publish'],
    ]);
    expect(batches()).toEqual([
      [
        { data: Buffer.from('ä').toString('base64'), attributes: { a: 'b' }, orderingKey: 'k' },
        { data: Buffer.from('c').toString('base64') },
      ],
    ]);
  });

  test('beyond 1,000 messages the next call waits for the one before, and ids stay in order', async () => {
    const ids = await publish(...Array.from({ length: 2_300 }, (_, i) => ({ data: `${i}`, orderingKey: 'k' })));
    expect(batches().map((batch) => batch.length)).toEqual([1_000, 1_000, 300]);
    expect(ids).toEqual(Array.from({ length: 2_300 }, (_, i) => String(i + 1)));
    const data = batches().flatMap((batch) => batch.map((message) => Buffer.from(message.data, 'base64').toString()));
    expect(data).toEqual(Array.from({ length: 2_300 }, (_, i) => `${i}`));
  });

  test('a call stays below the 10 MB that Pub/Sub takes', async () => {
    await publish(...Array.from({ length: 50 }, () => ({ data: 'x'.repeat(256_000) })));
    const bytes = standIn.received.map(({ body }) => Buffer.byteLength(body));
    expect(bytes.length).toBe(2);
    expect(Math.max(...bytes)).toBeLessThan(10_000_000);
    expect(batches().flat()).toHaveLength(50);
  });

  test('after a failed call nothing more of the publish is sent', async () => {
    answer = () => ({ status: 503, body: { error: { code: 503, status: 'UNAVAILABLE', message: 'x' } } });
    await expect(publish(...Array.from({ length: 1_500 }, () => ({ data: 'x' })))).rejects.toMatchObject({
      kind: 'unavailable',
    });
    expect(standIn.received).toHaveLength(1);
  });

  test.each<[string, StandInAnswer, object]>([
    ['a missing topic', failed(404, 'NOT_FOUND'), { kind: 'notFound', code: 'topicNotFound' }],
    ['a missing grant', failed(403, 'PERMISSION_DENIED'), { kind: 'forbidden', code: 'publishDenied' }],
    ['a refused token', failed(401, 'UNAUTHENTICATED'), { kind: 'forbidden', code: 'publishDenied' }],
    ['a bad message', failed(400, 'INVALID_ARGUMENT'), { kind: 'invalid' }],
    ['throttling', failed(429, 'RESOURCE_EXHAUSTED'), { kind: 'unavailable' }],
    ['an internal error', failed(500, 'INTERNAL'), { kind: 'unavailable' }],
    ['half an answer', { body: { messageIds: ['1'] }, failure: 'cut' }, { kind: 'unavailable' }],
    ['something else', { body: '<html>' }, { kind: 'unavailable' }],
  ])('%s has an error of its own kind', async (_what, failure, expected) => {
    answer = () => failure;
    await expect(publish({ data: 'x' })).rejects.toMatchObject({ name: 'AttacheError', ...expected });
  });

  test('silence is unavailable when the time is over', async () => {
    answer = () => ({ failure: 'hang' });
    await expect(publishWithin(100, [{ data: 'x' }])).rejects.toMatchObject({
      name: 'AttacheError',
      kind: 'unavailable',
    });
  });
});

function failed(code: number, status: string): StandInAnswer {
  return { status: code, body: { error: { code, status, message: 'x' } } };
}
