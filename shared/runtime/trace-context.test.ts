import { traceContextOf } from './trace-context';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

test('traceparent names trace, span and sampling', () => {
  expect(traceContextOf({ traceparent: `00-${traceId}-00f067aa0ba902b7-01` })).toEqual({
    traceId,
    spanId: '00f067aa0ba902b7',
    sampled: true,
  });
  expect(traceContextOf({ traceparent: `00-${traceId}-00f067aa0ba902b7-00` })?.sampled).toBe(false);
});

test('the older header’s decimal span becomes hex', () => {
  expect(traceContextOf({ 'x-cloud-trace-context': `${traceId}/67667974448284343;o=1` })).toEqual({
    traceId,
    spanId: '00f067aa0ba902b7',
    sampled: true,
  });
  expect(traceContextOf({ 'x-cloud-trace-context': traceId })).toEqual({ traceId, spanId: undefined, sampled: false });
});

test.each([{}, { traceparent: 'nonsense' }, { 'x-cloud-trace-context': '"; drop' }])('%j is no trace', (headers) => {
  expect(traceContextOf(headers)).toBeUndefined();
});
