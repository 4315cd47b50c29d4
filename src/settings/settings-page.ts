import { z } from 'zod';
import { environment } from './config.ts';

interface DescribedSetting {
  name: string;
  /** As it would be written in the environment; undefined for none. */
  default: string | undefined;
  meaning: string;
}

/** Every setting with its default and meaning, in the order of the groups. @throws for one without a meaning. */
export function describedSettings(): DescribedSetting[] {
  return Object.entries(environment.shape).map(([name, setting]) => {
    const meaning = meaningOf(setting);
    if (meaning === undefined) throw new Error(`The setting ${name} has no description.`);
    return { name, default: inWords(defaultOf(setting)), meaning };
  });
}

/** The table of all settings in Markdown. */
export function settingsMarkdown(): string {
  const rows = describedSettings().map(
    ({ name, default: value, meaning }) =>
      `| \`${name}\` | ${value === undefined ? 'none' : `\`${value}\``} | ${meaning.replaceAll('|', '\\|')} |`,
  );
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

/** The description of a setting, or of what is inside of its default or its being optional. */
function meaningOf(setting: z.core.$ZodType): string | undefined {
  const own = z.globalRegistry.get(setting)?.description;
  return own ?? (isWrapper(setting) ? meaningOf(setting.def.innerType) : undefined);
}

const isWrapper = (setting: z.core.$ZodType): setting is z.ZodDefault | z.ZodOptional =>
  setting instanceof z.ZodDefault || setting instanceof z.ZodOptional;

const defaultOf = (setting: z.core.$ZodType): unknown =>
  setting instanceof z.ZodDefault ? setting.def.defaultValue : undefined;

function inWords(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.length > 0 ? value.join(',') : undefined;
  return value === undefined ? undefined : String(value);
}
