import type { DocumentNode, SelectionSetNode } from 'graphql';

/** Names of an operation's root fields, without aliases, including fields that directives may skip. */
export function rootFields(set: SelectionSetNode, { definitions }: DocumentNode): Set<string> {
  const fields = new Set<string>();
  const spread = new Set<string>();
  const look = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections)
      if (selection.kind === 'Field') fields.add(selection.name.value);
      else if (selection.kind === 'InlineFragment') look(selection.selectionSet);
      else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value);
        for (const definition of definitions)
          if (definition.kind === 'FragmentDefinition' && definition.name.value === selection.name.value)
            look(definition.selectionSet);
      }
  };
  look(set);
  return fields;
}
