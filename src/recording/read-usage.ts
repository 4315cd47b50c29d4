import { ValidationError } from '../values/errors.ts';
import type { Units } from '../values/units.ts';
import { isLeftOut, usageFields, type CallContent, type GivenFields } from './field-groups.ts';
import { kinds } from './field-kinds.ts';
import { readContent } from './read-content.ts';

/** Units that are tokens of a class as well, by the class. */
const unitsOfClass = {
  inputTokens: ['input_audio_tokens', 'input_image_tokens', 'input_video_tokens'],
  outputTokens: ['output_audio_tokens', 'output_image_tokens', 'output_video_tokens'],
} as const;

type TokenClass = keyof typeof unitsOfClass;
const classes: readonly TokenClass[] = ['inputTokens', 'outputTokens'];

/**
 * The content of a call, with defaults for what was left out. Tokens of audio, images and video are part of their class of
 * tokens, and are all of it where it was left out.
 * @throws {ValidationError} naming the first field that breaks a rule.
 */
export function readUsage(input: GivenFields): CallContent {
  const [first, ...others] = usageFields;
  if (first && usageFields.every((field) => isLeftOut(input[field])))
    throw new ValidationError(
      `'${first}' is required where a call has no ${others.map((field) => `'${field}'`).join(' or ')}`,
      first,
    );
  if (isLeftOut(input.units)) return readContent(input);
  const units = kinds.units.check?.(input.units, 'units') ?? {};
  const content = readContent({ ...input, ...tokensOf(units, input) });
  for (const field of classes)
    if (tokensIn(units, field) > content[field])
      throw new ValidationError(
        `'units' has more ${unitsOfClass[field].join(', ')} together than the call has '${field}', which they are part of`,
        'units',
      );
  return content;
}

/** Classes of tokens that were left out, of which units tell how many there are at least. */
const tokensOf = (units: Units, input: GivenFields): GivenFields =>
  Object.fromEntries(
    classes.flatMap((field) => (isLeftOut(input[field]) ? [[field, tokensIn(units, field)] as const] : [])),
  );

/** @throws {ValidationError} for a part of a token. */
function tokensIn(units: Units, field: TokenClass): number {
  const counts = unitsOfClass[field].map((unit) => Number(units[unit] ?? 0));
  if (!counts.every(Number.isSafeInteger)) throw new ValidationError("'units' has a part of a token", 'units');
  return counts.reduce((sum, count) => sum + count, 0);
}
