import type { DocumentNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { UnauthenticatedError } from '../values/errors.ts';
import type { Authenticated } from './use-authentication.ts';

/**
 * Hides the schema from anonymous callers: their documents are refused before validation, whose messages would reveal it,
 * unless they ask for nothing but `__typename`.
 */
export function useClosedIntrospection(): Plugin<Authenticated> {
  return {
    onParse({ context }) {
      if (context.principal.kind !== 'anonymous') return;
      return ({ result }) => {
        if (result && !(result instanceof Error) && !asksOnlyTypename(result)) throw new UnauthenticatedError();
      };
    },
  };
}

/** Without variables, arguments, directives or selections either, since validation suggests names for unknown ones. */
const asksOnlyTypename = ({ definitions }: DocumentNode): boolean =>
  definitions.every(
    (definition) =>
      definition.kind === 'OperationDefinition' &&
      !definition.variableDefinitions?.length &&
      !definition.directives?.length &&
      definition.selectionSet.selections.every(
        (selection) =>
          selection.kind === 'Field' &&
          selection.name.value === '__typename' &&
          !selection.arguments?.length &&
          !selection.directives?.length &&
          !selection.selectionSet,
      ),
  );
