import { GraphQLError, type DocumentNode, type SelectionSetNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** A batch of 1,000 calls with its values in the document has about 60,000. */
export const maxTokens = 100_000;
export const maxFields = 10_000;

/**
 * Refuses documents that are too expensive. Validation compares fields of the same name with each other, so 4 MiB of them
 * would block everybody for hours; and parsing and validation are recursive, so nesting would overflow the stack.
 */
export function useDocumentLimits(): Plugin {
  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn(
        withinStack((source, options) => {
          const document: DocumentNode = parseFn(source, { ...options, maxTokens });
          const fields = countFields(document);
          if (fields > maxFields)
            throw new GraphQLError(`The document has ${fields} fields; at most ${maxFields} are allowed.`);
          return document;
        }),
      );
    },
    onValidate: ({ validateFn, setValidationFn }) => setValidationFn(withinStack(validateFn)),
  };
}

/** The number of fields, spreads and fragments in a document, counting a fragment wherever it is spread. */
function countFields({ definitions }: DocumentNode): number {
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of definitions)
    if (definition.kind === 'FragmentDefinition') fragments.set(definition.name.value, definition.selectionSet);
  const counts = new Map<string, number>();

  const countFragment = (name: string): number => {
    const known = counts.get(name);
    if (known !== undefined) return known;
    // Validation refuses a fragment that spreads itself.
    counts.set(name, 0);
    const count = countSelections(fragments.get(name));
    counts.set(name, count);
    return count;
  };
  const countSelections = (set: SelectionSetNode | undefined): number => {
    let count = 0;
    for (const selection of set?.selections ?? [])
      count +=
        1 +
        (selection.kind === 'FragmentSpread'
          ? countFragment(selection.name.value)
          : countSelections(selection.selectionSet));
    return count;
  };

  let count = 0;
  for (const definition of definitions)
    if ('selectionSet' in definition) count += countSelections(definition.selectionSet);
  return count;
}

const withinStack =
  <Args extends unknown[], Result>(step: (...args: Args) => Result) =>
  (...args: Args): Result => {
    try {
      return step(...args);
    } catch (error) {
      if (error instanceof RangeError) throw new GraphQLError('The document is nested too deeply.');
      throw error;
    }
  };
