import { waitForUpdate, type ModelInfo, type Provider } from '@pydantic/genai-prices';
import { corrections } from './corrections.ts';
import { isDeepStrictEqual } from 'node:util';
import { modelNames, type CatalogueName } from '../model-names.ts';
import type { Correction } from './correction.ts';
import { matchesModel } from './match-model.ts';
import { tierBounds } from './provider-rules.ts';

/** Version of the package. It is part of a price's id, since another version may have another price. */
const version = '0.1.8';

/** A price list: the bundled one, or one from a file. */
export interface CatalogueData {
  /** What price ids begin with: "genai-prices@0.1.8". */
  id: string;
  providers: readonly Provider[];
}

/** The list that the package brings, as it is. */
export const bundledData: CatalogueData = {
  id: `genai-prices@${version}`,
  providers: (await waitForUpdate()) ?? [],
};

/** A model of the catalogue, and what is known of it besides. */
export type Entry = ModelInfo & {
  /** Whether the entry is ours, in place of the catalogue's. */
  isCorrected?: true;
  /** Why there is no price in spite of the entry. */
  unpricedReason?: string;
};

/** A list with its mistakes put right: corrected names come first, so that they are found before the entries they correct. */
export function corrected({ id, providers }: CatalogueData): Map<string, Provider & { models: Entry[] }> {
  return new Map(
    providers.map((provider) => {
      const models = provider.id === tierBounds.provider ? provider.models.map(withTierBounds) : provider.models;
      const own = corrections
        .filter((correction) => correction.provider === provider.id && isStillWrong(correction))
        .flatMap(toEntries);
      return [provider.id, { ...provider, models: [...own, ...models] }] as const;
    }),
  );

  /** A newer list may have caught up, or know better. */
  function isStillWrong({ provider, model, was }: Correction): boolean {
    const entry = uncorrected({ id, providers }, modelNames(provider, model).catalogue);
    return isDeepStrictEqual(entry?.prices, was);
  }

  function toEntries({ provider, model, alsoNamed = [], startsWith, is, source }: Correction): Entry[] {
    return [model, ...alsoNamed].map((name) => ({
      id: name,
      match:
        startsWith === undefined
          ? { or: namesOf(provider, name).map((equals) => ({ equals })) }
          : { starts_with: startsWith },
      prices: is ?? {},
      isCorrected: true,
      ...(is === null && { unpricedReason: `${id} has no price for it that is right: ${source}.` }),
    }));
  }
}

/** Bedrock's names of a model in a region: its profile, and for the United States the model itself. */
function namesOf(provider: string, name: string): string[] {
  if (provider !== 'aws') return [name];
  const unversioned = name.replace(/(-v\d+)?:\d+$/, '');
  if (!name.includes('.anthropic.')) return [name];
  const names = [name, unversioned];
  if (!name.startsWith('us.anthropic.')) return names;
  return names.flatMap((full) => {
    const model = full.slice('us.'.length);
    return [model, model.slice('anthropic.'.length), ...regions.map((region) => `${region}.${model}`)];
  });
}

/** Regions whose price for Anthropic's models is the same. */
const regions = ['us', 'eu', 'apac', 'ap', 'jp', 'au', 'ca', 'sa', 'in'];

function withTierBounds(model: ModelInfo): ModelInfo {
  return JSON.parse(JSON.stringify(model), (key, value: unknown) =>
    key === 'start' && value === tierBounds.was ? tierBounds.is : value,
  ) as ModelInfo;
}

/** The entry that a list has for a name, mistakes included: what corrections are compared with. */
export function uncorrected({ providers }: CatalogueData, { provider, models }: CatalogueName): ModelInfo | undefined {
  const list = providers.find(({ id }) => id === provider)?.models ?? [];
  return models.map((name) => findEntry(list, name)).find((entry) => entry !== undefined);
}

/** The entry of a name: by its id, else the first whose rule matches. */
export const findEntry = <E extends ModelInfo>(models: readonly E[], name: string): E | undefined =>
  models.find(({ id }) => id.toLowerCase() === name) ?? models.find(({ match }) => matchesModel(match, name));
