import { createMarks, eventIdOf } from './mark';

const marks = createMarks('prod', 'k'.repeat(32));
const mark = { taskId: 'tsk_1', type: 'call', revision: 7 };
const place = { connectionId: 'con_1', eventId: 'event1' };

test('a mark is read where it was made', () => {
  expect(marks.read(marks.sign(mark, place), place)).toEqual(mark);
  expect(marks.sign(mark, place)).toMatchObject({ attacheDeployment: 'prod' });
  expect(marks.filter).toBe('attacheDeployment=prod');
});

test.each([
  ['another event, as a copy has it', { ...place, eventId: 'event2' }],
  ['another connection', { ...place, connectionId: 'con_2' }],
])('it is nothing on %s', (_, other) => {
  expect(marks.read(marks.sign(mark, place), other)).toBeUndefined();
});

test.each(['attacheTask', 'attacheType', 'attacheRevision', 'attacheSignature'])(
  'it is nothing with another %s',
  (name) => {
    const signed = marks.sign(mark, place);
    for (const value of ['', '8', 'tsk_2', `${signed[name]}A`])
      expect(marks.read({ ...signed, [name]: value }, place)).toBeUndefined();
    const { [name]: _, ...rest } = signed;
    expect(marks.read(rest, place)).toBeUndefined();
  },
);

test('it is nothing to another deployment, or with another key', () => {
  const signed = marks.sign(mark, place);
  expect(createMarks('test', 'k'.repeat(32)).read(signed, place)).toBeUndefined();
  expect(createMarks('prod', 'K'.repeat(32)).read(signed, place)).toBeUndefined();
  expect(marks.read({}, place)).toBeUndefined();
});

test('an event’s id is Google’s kind of id, and of one deployment, task and generation', () => {
  const id = eventIdOf('prod', 'tsk_1', 0);
  expect(id).toMatch(/^[a-v0-9]{32}$/);
  expect(eventIdOf('prod', 'tsk_1', 0)).toBe(id);
  expect(
    new Set([id, eventIdOf('prod', 'tsk_1', 1), eventIdOf('prod', 'tsk_2', 0), eventIdOf('test', 'tsk_1', 0)]).size,
  ).toBe(4);
});
