import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Refuses a document that is nested so deeply that reading or checking it, which recurse, overflow the stack. */
export function useNestingLimit(): Plugin {
  return {
    onParse: ({ parseFn, setParseFn }) => setParseFn(orRefuse(parseFn)),
    onValidate: ({ validateFn, setValidationFn }) => setValidationFn(orRefuse(validateFn)),
  };
}

const orRefuse =
  <Args extends unknown[], Result>(step: (...args: Args) => Result) =>
  (...args: Args): Result => {
    try {
      return step(...args);
    } catch (error) {
      if (error instanceof RangeError) throw new GraphQLError('The document is nested too deeply.');
      throw error;
    }
  };
