import { Kind, type OperationDefinitionNode, type TypeNode } from 'graphql';
import { UnreadCall } from './read-call.ts';

type Variables = Readonly<Record<string, unknown>>;

const inputType = 'RecordUsageInput';

const isCall = (type: TypeNode): boolean =>
  type.kind === Kind.NON_NULL_TYPE ? isCall(type.type) : type.kind === Kind.NAMED_TYPE && type.name.value === inputType;

/** Whether variables of a type are lists of calls. */
const isListOfCalls = (type: TypeNode): boolean =>
  type.kind === Kind.NON_NULL_TYPE ? isListOfCalls(type.type) : type.kind === Kind.LIST_TYPE && isCall(type.type);

/**
 * Variables that are calls, or lists of them, apart from the others: GraphQL would refuse all of them for what is wrong
 * with one. `placeholders` are variables that it takes in their place, `calls` what resolvers are to be given.
 */
export function unreadVariables(
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Variables,
): { placeholders: Variables; calls: Variables } {
  const placeholders: Record<string, unknown> = { ...variables };
  const calls: Record<string, unknown> = {};
  for (const { variable, type } of variableDefinitions) {
    const name = variable.name.value;
    const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (given === undefined || given === null) continue;
    if (isCall(type)) {
      placeholders[name] = {};
      calls[name] = new UnreadCall(given);
    } else if (isListOfCalls(type)) {
      placeholders[name] = [];
      // GraphQL takes a value where a list is expected as a list of it.
      calls[name] = (Array.isArray(given) ? given : [given]).map((call) => new UnreadCall(call));
    }
  }
  return { placeholders, calls };
}
