import { existsSync, readFileSync } from 'node:fs';
import {
  buildSchema,
  findBreakingChanges,
  findDangerousChanges,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isObjectType,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { printedSchema } from '../src/print-schema.ts';
import { schema } from '../src/schema.ts';
import { notBuilt } from './data/not-built.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const sharedContract = new URL('../../shared/contract/schema.graphql', import.meta.url);
const contract = buildSchema(read('data/contract.graphql'));

describe('the schema', () => {
  it('is committed as the code prints it', () => {
    expect(read('../schema.graphql')).toBe(printedSchema());
  });

  it('breaks nothing of the contract that is built', () => {
    const changes = findBreakingChanges(contract, schema).map((change) => change.description);
    expect(changes.toSorted()).toEqual(notBuilt.toSorted());
  });

  it('keeps the default values of the contract', () => {
    const changes = findDangerousChanges(contract, schema).filter((change) => change.type.includes('DEFAULT_VALUE'));
    expect(changes).toEqual([]);
  });

  it.skipIf(!existsSync(sharedContract))(
    'is compared with the contract as it stands (skipped where only the copy is)',
    () => {
      expect(read('data/contract.graphql')).toBe(readFileSync(sharedContract, 'utf8'));
    },
  );

  it('describes every element', () => {
    const silent: string[] = [];
    const look = (name: string, element: { description?: string | null | undefined }) => {
      if (!element.description) silent.push(name);
    };
    for (const type of Object.values(schema.getTypeMap())) {
      if (isIntrospectionType(type)) continue;
      look(type.name, type);
      if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
      if (isInputObjectType(type))
        for (const field of Object.values(type.getFields())) look(`${type.name}.${field.name}`, field);
      if (!isObjectType(type)) continue;
      for (const field of Object.values(type.getFields())) {
        look(`${type.name}.${field.name}`, field);
        for (const arg of field.args) look(`${type.name}.${field.name}(${arg.name})`, arg);
      }
    }
    expect(silent).toEqual([]);
  });
});
