import type { MatchLogic } from '@pydantic/genai-prices';

/**
 * What may come after the name of a model without making it another one: a date, a revision, a preview, a context size; for
 * fine-tuned models whatever their owner called them.
 */
const after =
  /^(-?\d{4}-?\d{2}-?\d{2}|-\d{2}-\d{2}(-\d{4})?|-?\d{2}-\d{4}|-?\d{4}|-0\d\d|[-@](latest|default)|@\d{8}|-v\d+(:\d+)?|:\d+|-preview|-exp(erimental)?|-beta|:thinking|:extended|-native-audio)*$/;
/** What may come before it: folders, vendors and regions. */
const before = /^([\w-]+[./:])*$/;

/**
 * Whether an entry of the catalogue is for a model. Its rules are looser than names are: "starts with claude-sonnet-5" is also
 * true of "claude-sonnet-5-5". Whatever is left over of a name must not make it another model's.
 */
export function matchesModel(logic: MatchLogic, name: string): boolean {
  if ('or' in logic) return logic.or.some((part) => matchesModel(part, name));
  if ('and' in logic) return logic.and.every((part) => matchesModel(part, name));
  if ('equals' in logic) return logic.equals.toLowerCase() === name;
  if ('regex' in logic) return new RegExp(logic.regex).test(name);
  if ('starts_with' in logic) {
    const part = logic.starts_with.toLowerCase();
    return name.startsWith(part) && isSame(name, 0, part.length);
  }
  if ('ends_with' in logic) {
    const part = logic.ends_with.toLowerCase();
    return name.endsWith(part) && isSame(name, name.length - part.length, name.length);
  }
  const part = logic.contains.toLowerCase();
  const at = name.indexOf(part);
  return at !== -1 && isSame(name, at, at + part.length);
}

/** Whether the part of a name from `start` to `end` names the same model as all of it. */
function isSame(name: string, start: number, end: number): boolean {
  if (!before.test(name.slice(0, start))) return false;
  if (/(^|\.)ft[:-]/.test(name)) return true;
  // A rule may end within a word, such as "gemini-2.0-flash-0": what is left over begins with the word.
  const isWithinWord = /\w$/.test(name.slice(0, end)) && /^\w/.test(name.slice(end));
  const rest = isWithinWord ? name.slice(0, end).search(/[^a-z0-9]\w*$/) : end;
  return after.test(name.slice(rest));
}
