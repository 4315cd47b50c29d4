import { checkTokensTogether } from '../pricing/token-counts.ts';
import { compiled } from './compiled.ts';
import { contentFields, fieldNamed, type CallContent, type ContentField, type GivenFields } from './field-groups.ts';
import { kinds } from './field-kinds.ts';

/** Functions that check a value, by field; none for fields whose rules depend on several fields. */
const check = Object.fromEntries(contentFields.map((field) => [field, fieldNamed[field].kind.check]));

/** Such as: input.userId === null || input.userId === undefined ? null : check.userId(input.userId, 'userId') */
function valueText(field: ContentField): string {
  const given = `input.${field}`;
  const leftOut = JSON.stringify(fieldNamed[field].leftOut);
  if (!check[field]) return leftOut;
  return `${given} === null || ${given} === undefined ? ${leftOut} : check.${field}(${given}, '${field}')`;
}

const tokenCounts = contentFields.filter((field) => fieldNamed[field].kind === kinds.tokenCount);

function statement(field: ContentField): string {
  const reading = `const ${field} = ${valueText(field)};`;
  // Here rather than at the end, so that errors follow the order of the list.
  return field === tokenCounts.at(-1) ? `${reading} checkTokensTogether({ ${tokenCounts.join(', ')} });` : reading;
}

/**
 * The content of a call, with defaults for the fields that were left out. The cost is set by the caller of this function,
 * who knows its source.
 * @throws {ValidationError} naming the first field that breaks a rule.
 */
export const readContent = compiled<[input: GivenFields], CallContent>(
  'input',
  `${contentFields.map(statement).join('\n')} return { ${contentFields.join(', ')} };`,
  { check, checkTokensTogether },
);
