import * as fc from 'fast-check';
import { freeTextProblem } from '../../../src/values/free-text.ts';
import { identifierProblem } from '../../../src/values/identifier.ts';
import { anyText } from '../../support/any-text.ts';

/** What files, spreadsheets and readers of either take for something else. */
const treacherous = [
  ' led and trailed\u00a0',
  '"',
  '""',
  ',',
  'a,"b',
  "'",
  '=1+1',
  "=cmd|' /C calc'!A0",
  '+1',
  '-1',
  '@x',
  'null',
  '\\',
  '\ufeff',
  '\u2028',
  '😀',
];
const text = fc.oneof(anyText, fc.constantFrom(...treacherous), fc.string({ unit: 'grapheme' }));

/** Any identifier that a call may have. */
export const anyIdentifier = text.filter((value) => identifierProblem(value) === undefined);

/** Any reason that a void may have. */
export const anyReason = fc
  .array(fc.oneof(text, fc.constantFrom('\n', '\r', '\r\n', '\t')))
  .map((parts) => parts.join(''))
  .filter((value) => freeTextProblem(value, 1000) === undefined);
