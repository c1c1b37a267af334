import { colorIdOf, nearestColorId, TASK_TYPES } from './event-colors';

test('the defaults are Grape, Blueberry, Tomato, Basil and Banana', () => {
  expect(TASK_TYPES.map((type) => colorIdOf(type, {}))).toEqual(['3', '9', '11', '10', '5']);
});

test.each([
  ['#000000', '10'],
  ['#FFFFFF', '8'],
  ['#FF0000', '11'],
  ['#0000FF', '9'],
  ['#fbd75b', '5'],
])('%s is nearest to %s', (hex, id) => {
  expect(nearestColorId(hex)).toBe(id);
});

test('a colour of the user’s own counts', () => {
  expect(colorIdOf('call', { call: '#E1E1E1' })).toBe('8');
});
