import { checkTokensTogether } from '../pricing/token-counts.ts';
import { compiled } from './compiled.ts';
import { contentFields, fieldNamed, type CallContent, type ContentField, type GivenFields } from './field-groups.ts';
import { kinds } from './field-kinds.ts';

/** What checks a value, by field; none for those whose rules look at several fields. */
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
  // Here rather than at the end, so that errors keep to the order of the list.
  return field === tokenCounts.at(-1) ? `${reading} checkTokensTogether({ ${tokenCounts.join(', ')} });` : reading;
}

/**
 * What a call says, with what stands for the fields that were left out; the cost is left to whoever knows its source.
 * @throws {ValidationError} naming the first field that breaks a rule.
 */
export const readContent = compiled<[input: GivenFields], CallContent>(
  'input',
  `${contentFields.map(statement).join('\n')} return { ${contentFields.join(', ')} };`,
  { check, checkTokensTogether },
);
