import {
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

type Variables = Readonly<Record<string, unknown>>;

/**
 * How many calls an operation would record at most, all its fields together, before any of them is looked at. Fields
 * that @skip or @include leave out count as well.
 */
export function callsOfDocument(
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: Variables,
): number {
  const operation = document.definitions.find(
    (node): node is OperationDefinitionNode =>
      node.kind === Kind.OPERATION_DEFINITION && (!operationName || node.name?.value === operationName),
  );
  if (operation?.operation !== OperationTypeNode.MUTATION) return 0;
  const fragments = new Map(
    document.definitions
      .filter((node): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION)
      .map((node) => [node.name.value, node]),
  );
  // A fragment's count is made once, however often it is spread. Validation has refused those that spread themselves.
  const counts = new Map<string, number>();
  const ofFragment = (name: string): number => {
    const known = counts.get(name);
    if (known !== undefined) return known;
    const count = ofSelections(fragments.get(name)?.selectionSet);
    counts.set(name, count);
    return count;
  };
  const ofSelections = (set: SelectionSetNode | undefined): number => {
    let calls = 0;
    for (const node of set?.selections ?? []) {
      if (node.kind === Kind.FIELD) calls += ofField(node, variables);
      else if (node.kind === Kind.INLINE_FRAGMENT) calls += ofSelections(node.selectionSet);
      else calls += ofFragment(node.name.value);
    }
    return calls;
  };
  return ofSelections(operation.selectionSet);
}

function ofField({ name, arguments: args }: FieldNode, variables: Variables): number {
  if (name.value === 'recordUsage') return 1;
  if (name.value !== 'recordUsageBatch') return 0;
  const given = args?.find((argument) => argument.name.value === 'inputs')?.value;
  if (given?.kind === Kind.LIST) return given.values.length;
  const value = given?.kind === Kind.VARIABLE ? variables[given.name.value] : undefined;
  // GraphQL takes a value where a list is expected as a list of it.
  return Array.isArray(value) ? value.length : 1;
}
