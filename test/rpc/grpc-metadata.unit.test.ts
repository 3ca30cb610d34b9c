import { assert, double, property, string, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkMetadata,
  decodeBinary,
  encodeBinary,
  formatTimeout,
  parseTimeout,
  readMetadata,
} from '../../src/rpc/grpc/metadata.ts';
import { GrpcError, parseStatus, Status, statusName } from '../../src/rpc/grpc/status.ts';
import {
  decodeMessage,
  encodeMessage,
  encodeTrailers,
  MAX_MESSAGE_TEXT,
} from '../../src/rpc/grpc/trailers.ts';

const text = string({ unit: 'binary', maxLength: 200 });

describe('grpc-message', () => {
  test('is printable ASCII and comes back as it went in', () => {
    assert(
      property(text, (message) => {
        const encoded = encodeMessage(message);
        expect(encoded).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeMessage(encoded)).toBe(message.toWellFormed());
      }),
    );
  });

  test('is cut between two characters', () => {
    const encoded = encodeMessage(`${'x'.repeat(MAX_MESSAGE_TEXT - 8)}äöü€`);
    expect(encoded.length).toBe(MAX_MESSAGE_TEXT - 8 + 6);
    expect(decodeMessage(encoded)).toMatch(/xä$/);
  });

  test('is read as it is where an escape is wrong', () => {
    expect(decodeMessage('100% of %zz and %C3%A4')).toBe('100% of %zz and ä');
  });
});

describe('trailers', () => {
  test('stay under 7 KiB: the largest values are left out', () => {
    const metadata = { large: 'x'.repeat(6_000), 'also-large': 'x'.repeat(5_000), small: '1' };
    const trailers = encodeTrailers(new GrpcError(Status.ABORTED, 'ü'.repeat(4_000), { metadata }));
    expect(Object.keys(trailers)).toEqual(['grpc-status', 'grpc-message', 'small', 'also-large']);
    const size = Object.entries(trailers).reduce(
      (sum, [key, value]) => sum + key.length + value.length + 32,
      0,
    );
    expect(size).toBeLessThan(7 * 1_024);
  });

  test('leave out what cannot travel', () => {
    const metadata = { 'grpc-status': '0', bad: 'ü', Upper: 'x', good: 'x' };
    expect(encodeTrailers(new GrpcError(Status.NOT_FOUND, '', { metadata }))).toEqual({
      'grpc-status': '5',
      good: 'x',
    });
  });

  test('of success are the status alone', () => {
    expect(encodeTrailers()).toEqual({ 'grpc-status': '0' });
  });
});

test('a status that is not known is UNKNOWN', () => {
  expect(['0', '5', '16', '17', '-1', '', 'x'].map((code) => statusName(parseStatus(code)))).toEqual([
    'OK',
    'NOT_FOUND',
    'UNAUTHENTICATED',
    'UNKNOWN',
    'UNKNOWN',
    'UNKNOWN',
    'UNKNOWN',
  ]);
});

describe('metadata', () => {
  test('leaves out what belongs to gRPC and HTTP, and joins what came several times', () => {
    const headers = { ':path': '/x', te: 'trailers', 'grpc-timeout': '1S', request: '{}', many: ['a', 'b'] };
    expect(readMetadata(headers)).toEqual({ request: '{}', many: 'a, b' });
  });

  test.each([
    [{ Key: 'x' }, '"Key"'],
    [{ 'grpc-x': 'x' }, '"grpc-x"'],
    [{ ':path': 'x' }, '":path"'],
    [{ key: 'ü' }, 'printable ASCII'],
    [{ key: 'a\r\nb: c' }, 'printable ASCII'],
  ])('%j is refused', (metadata, message) => {
    expect(() => checkMetadata(metadata)).toThrow(message);
  });

  test('carries bytes, with padding or without', () => {
    assert(
      property(uint8Array(), (bytes) => {
        expect([...decodeBinary(encodeBinary(bytes))]).toEqual([...bytes]);
      }),
    );
    expect([decodeBinary('QUI='), decodeBinary('QUI')].map(String)).toEqual(['AB', 'AB']);
  });
});

describe('grpc-timeout', () => {
  test('never ends before the time it was made from, and has eight digits at most', () => {
    assert(
      property(double({ min: 0, max: 1e12, noNaN: true }), (milliseconds) => {
        const encoded = formatTimeout(milliseconds);
        expect(encoded).toMatch(/^\d{1,8}[HMSm]$/);
        expect(parseTimeout(encoded)).toBeGreaterThanOrEqual(milliseconds);
      }),
    );
  });

  test.each([
    ['250m', 250],
    ['2S', 2_000],
    ['1H', 3_600_000],
    ['1000u', 1],
    ['123456789m', undefined],
    ['5', undefined],
  ])('%s is %s ms', (encoded, milliseconds) => expect(parseTimeout(encoded)).toBe(milliseconds));
});
