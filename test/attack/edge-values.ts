import type { Choices } from '../simulate/choices.ts';

const texts = [
  '',
  ' ',
  'a',
  'main',
  'other',
  'bot',
  'one',
  'gpt-5',
  'openai',
  'unknown',
  'CALLER',
  'x'.repeat(200),
  'x'.repeat(201),
  '😀'.repeat(200),
  'e\u0301',
  '\u202e\u0000\u001f',
  '\u0000',
  'a\nb',
  '\ud800',
  '\udfff a',
  '\ufeff\u200b',
  "'; drop table usage_call; --",
  '"\\"',
  '%_\\',
  '$1 ${x} {{x}} ?',
  '__proto__',
  'constructor',
  'toString',
  'NaN',
  'null',
  'a@b.c',
  'A@B.C@d',
  '../../etc/passwd',
  'K'.repeat(5_000),
];

/** Keys of lists as cursors hold them, and what resembles them. */
const cursors = [
  [],
  ['a'],
  ['a@b.c', 'x'],
  ['2026-01-01T00:00:00.000Z', 'one'],
  ['2026-13-01', 'one'],
  ['', ''],
  [1, 2],
  [null],
  ['\u0000', '\ud800'],
  {},
  'a',
  Array.from({ length: 50 }, () => 'a'),
].map((key) => Buffer.from(JSON.stringify(key)).toString('base64url'));

const times = [
  '2026-01-01T00:00:00Z',
  '2026-04-15T12:30:00+02:00',
  '2026-05-01T00:00:00.123456789Z',
  '2026-10-25T02:30:00+02:00',
  '2024-02-29T23:59:59.999-12:00',
  '2025-02-29T00:00:00Z',
  '2026-06-30T23:59:60Z',
  '0001-01-01T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '9999-12-31T23:59:59-14:00',
  '1970-01-01T00:00:00+14:00',
  '2026-01-01T00:00:00',
  '2026-01-01',
  'now',
  '',
  '+275760-09-13T00:00:00Z',
];

const decimals = [
  '0',
  '-0',
  '-1',
  '1',
  '0.1',
  '0.0000000001',
  `0.${'0'.repeat(23)}1`,
  `0.${'0'.repeat(24)}1`,
  '9'.repeat(30),
  '9'.repeat(400),
  '1e400',
  '1e-400',
  'NaN',
  'Infinity',
  '',
  '1,5',
  '0x1',
  ' 1 ',
];

const zones = [
  'UTC',
  'Europe/Berlin',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Africa/Monrovia',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'America/St_Johns',
  'Etc/GMT+12',
  'GMT',
  'utc',
  'Nowhere/City',
  '',
  '+05:30',
  'Europe/Berlin\u0000',
];

const dates = ['2026-01-01', '2026-02-29', '2024-02-29', '0001-01-01', '9999-12-31', '0000-00-00', '2026-1-1', ''];

const localTimes = [
  '2026-01-01T00:00',
  '2026-03-29T02:30:00',
  '2026-10-25T02:30:00.123',
  '2011-12-30T12:00:00',
  '0001-01-01T00:00:00',
  '9999-12-31T23:59:59',
  '2025-02-29T00:00:00',
  '2026-01-01T24:00:00',
  '2026-01-01T00:00:00Z',
  '2026-01-01',
  '',
];

const safe = Number.MAX_SAFE_INTEGER;
const int = 2 ** 31;

/** Values of each scalar that a document may give: its ends, what is just beyond, and what only looks like one. */
export const edgeValues: Readonly<Record<string, readonly unknown[]>> = {
  ID: [...texts, ...cursors, 0, -1, int - 1],
  String: [...texts, ...cursors],
  Int: [0, 1, -1, 2, 10, 59, 60, 61, 100, 1000, 1001, 2_592_000, int - 1, -int],
  SafeInt: [0, 1, -1, 7, 1000, 1_000_000_000, 1_000_000_001, int, safe, -safe],
  Float: [0, -0, 1, -1, 0.01, 0.1, 1.5, 1e6, 1e21, 1e308, 5e-324, -1e308, int - 1],
  Boolean: [true, false],
  DateTime: times,
  Decimal: decimals,
  TimeZone: zones,
  LocalDate: dates,
  LocalDateTime: localTimes,
  Tags: [
    {},
    { team: 'a' },
    { team: '' },
    { '': 'a' },
    { team: null, feature: 1, deep: { a: 'b' }, list: ['a'] },
    { 'a b': 'c', 'team.name': 'x', Ünï: 'y' },
    JSON.parse('{"__proto__":"x","constructor":"y"}'),
    { ['k'.repeat(64)]: 'v'.repeat(200), ['k'.repeat(65)]: 'v'.repeat(201) },
    { team: '\u0000', lone: '\ud800' },
    Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, `${index}`])),
    Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, `${index}`])),
  ],
  Units: [
    {},
    { images: 1 },
    { images: '0.5', audio_seconds: 12.25 },
    { images: -1 },
    { images: null },
    { images: 'NaN', pages: '1e400' },
    { '': 1, 'a b': 1, nothing: 0 },
    { characters: safe + 1, searches: 5e-324, requests: '9'.repeat(40) },
    JSON.parse('{"__proto__":1,"constructor":2}'),
    { images: [1], pages: { a: 1 } },
    Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`unit${index}`, index])),
  ],
  JSONObject: [
    {},
    { a: 1 },
    { '': null, a: [[[]]], b: { c: { d: 'e' } } },
    JSON.parse('{"__proto__":{"x":1},"constructor":{"prototype":{}}}'),
    { big: 1e308, small: 5e-324, long: 'x'.repeat(9_000) },
    { '\u0000': '\u0000' },
    { lone: '\ud800' },
    Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, index])),
  ],
};

/** Any value that JSON can hold, of whatever type. */
export function anyJson(choices: Choices, depth = 0): unknown {
  const kind = choices.weighted({ edge: 6, list: depth < 4 ? 2 : 0, object: depth < 4 ? 2 : 0, nothing: 1 });
  if (kind === 'nothing') return null;
  if (kind === 'list') return choices.several(0, 4, () => anyJson(choices, depth + 1));
  if (kind === 'object')
    return Object.fromEntries(
      choices.several(0, 4, () => [choices.pick(texts) ?? '', anyJson(choices, depth + 1)] as const),
    );
  return choices.pick(Object.values(edgeValues).flat());
}
