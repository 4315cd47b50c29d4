/**
 * A function that is compiled once, at load, from the text of its body. Looping over the list of a call's fields takes
 * twice as long as the same code written out, and every recorded call would pay for it. The text is put together from
 * names in the code, never from outside data. The compiler cannot check that the body returns what the type promises.
 */
export function compiled<Arguments extends readonly unknown[], Result>(
  parameters: string,
  body: string,
  scope: Readonly<Record<string, unknown>> = {},
): (...args: Arguments) => Result {
  // As constants, so that the engine can inline the functions among them.
  const constants = `const { ${Object.keys(scope).join(', ')} } = scope;`;
  return new Function('scope', `'use strict'; ${constants} return (${parameters}) => { ${body} };`)(scope);
}
