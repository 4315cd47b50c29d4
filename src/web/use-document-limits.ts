import { GraphQLError, type DocumentNode, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { maxErrors } from '../graphql/client-error.ts';
import type { RequestLimits } from '../settings/request-limits.ts';
import { principalOf } from './use-authentication.ts';

type Limits = RequestLimits['document'];

/** Every error is located by reading its source up to it, line by line: of documents with more lines none is. */
const mostLocatedLines = 2_000;

/**
 * Refuses documents that are too expensive: too long before they are parsed, too many or too deep of anything before they
 * are validated. Validation compares fields of the same name with each other, so 4 MiB of them would block everybody for
 * hours; and parsing and validation are recursive, so nesting would overflow the stack.
 */
export function useDocumentLimits(limits: Limits, { hideSuggestions }: { hideSuggestions: boolean }): Plugin {
  return {
    onParams({ request, params }) {
      const query: unknown = (params as GraphQLParams | null)?.query;
      if (typeof query !== 'string') return;
      const isAnonymous = principalOf(request).kind === 'anonymous';
      const most = isAnonymous ? limits.charactersAnonymous : limits.characters;
      if (query.length > most)
        throw new GraphQLError(
          `The document has ${query.length} characters; at most ${most} are allowed${isAnonymous ? ' without a credential' : ''}. Send values as variables.`,
        );
    },
    onParse({ parseFn, setParseFn }) {
      setParseFn(
        withinStack((source, options) => {
          const document: DocumentNode = parseFn(source, {
            ...options,
            maxTokens: limits.tokens,
            noLocation: hasMoreLines(String(source), mostLocatedLines),
          });
          checkSize(document, limits);
          return document;
        }),
      );
    },
    onValidate({ validateFn, setValidationFn }) {
      const options = { maxErrors: maxErrors - 1, hideSuggestions };
      setValidationFn(
        withinStack((schema, document, rules, given) => validateFn(schema, document, rules, { ...given, ...options })),
      );
    },
  };
}

function hasMoreLines(text: string, most: number): boolean {
  const lineEnds = /\r\n|[\n\r]/g;
  for (let lines = 1; lineEnds.exec(text) !== null; lines++) if (lines >= most) return true;
  return false;
}

/** How much there is of what costs, a fragment counted wherever it is spread. */
interface Size {
  fields: number;
  depth: number;
  aliases: number;
  directives: number;
  typenames: number;
}

const none: Size = { fields: 0, depth: 0, aliases: 0, directives: 0, typenames: 0 };

const names = {
  fields: 'fields',
  depth: 'levels of fields',
  aliases: 'aliases',
  directives: 'directives',
  rootFields: 'root fields',
  typenames: 'fields __typename',
  variables: 'variables',
} satisfies Partial<Record<keyof Limits, string>>;

/** @throws {GraphQLError} naming what there is too much of, how much, and the limit. */
function checkSize(document: DocumentNode, limits: Limits): void {
  const sizeOf = sizesOf(document);
  let all = none;
  for (const definition of document.definitions) {
    if (!('selectionSet' in definition) || definition.selectionSet === undefined) continue;
    const own = sizeOf(definition.selectionSet);
    all = beside(all, { ...own, directives: own.directives + (definition.directives?.length ?? 0) });
  }
  for (const measured of ['fields', 'depth', 'aliases', 'directives', 'typenames'] as const)
    check(measured, all[measured], limits);
  for (const definition of document.definitions)
    if (definition.kind === 'OperationDefinition') {
      check('variables', definition.variableDefinitions?.length ?? 0, limits);
      check('rootFields', rootFieldsOf(definition, document), limits);
    }
}

function check(of: keyof typeof names, count: number, limits: Limits): void {
  if (count > limits[of])
    throw new GraphQLError(`The document has ${count} ${names[of]}; at most ${limits[of]} are allowed.`);
}

const beside = (one: Size, other: Size): Size => ({
  fields: one.fields + other.fields,
  depth: Math.max(one.depth, other.depth),
  aliases: one.aliases + other.aliases,
  directives: one.directives + other.directives,
  typenames: one.typenames + other.typenames,
});

/** Sizes of the selections of a document, each fragment looked at once. */
function sizesOf({ definitions }: DocumentNode): (set: SelectionSetNode | undefined) => Size {
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of definitions)
    if (definition.kind === 'FragmentDefinition') fragments.set(definition.name.value, definition.selectionSet);
  const known = new Map<string, Size>();

  const ofFragment = (name: string): Size => {
    const size = known.get(name);
    if (size) return size;
    // Validation refuses a fragment that spreads itself.
    known.set(name, none);
    const counted = ofSelections(fragments.get(name));
    known.set(name, counted);
    return counted;
  };
  const ofSelections = (set: SelectionSetNode | undefined): Size => {
    let size = none;
    for (const selection of set?.selections ?? []) {
      const isField = selection.kind === 'Field';
      const inside =
        selection.kind === 'FragmentSpread' ? ofFragment(selection.name.value) : ofSelections(selection.selectionSet);
      size = beside(size, {
        // Spreads and inline fragments cost as much as fields.
        fields: inside.fields + 1,
        depth: inside.depth + (isField ? 1 : 0),
        aliases: inside.aliases + (isField && selection.alias ? 1 : 0),
        directives: inside.directives + (selection.directives?.length ?? 0),
        typenames: inside.typenames + (isField && selection.name.value === '__typename' ? 1 : 0),
      });
    }
    return size;
  };
  return ofSelections;
}

/** Fields of an operation itself, through fragments; counted up to far more than any limit. */
function rootFieldsOf({ selectionSet }: OperationDefinitionNode, { definitions }: DocumentNode): number {
  const fragments = new Map(
    definitions.flatMap((definition) =>
      definition.kind === 'FragmentDefinition' ? [[definition.name.value, definition.selectionSet] as const] : [],
    ),
  );
  const known = new Map<string, number>();
  const count = ({ selections }: SelectionSetNode): number =>
    selections.reduce((sum, selection) => {
      if (selection.kind === 'Field') return sum + 1;
      if (selection.kind === 'InlineFragment') return sum + count(selection.selectionSet);
      const name = selection.name.value;
      const fragment = fragments.get(name);
      if (!known.has(name) && fragment) {
        known.set(name, 0);
        known.set(name, count(fragment));
      }
      return sum + (known.get(name) ?? 0);
    }, 0);
  return count(selectionSet);
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
