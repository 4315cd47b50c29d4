/**
 * A function that is compiled, once, from the text of its body. Going through a list of a call's fields takes twice as
 * long as the same code written out, and every recorded call would pay for it: this writes it out, from the list. Texts
 * are put together at load from names in the code, never from anything that comes from outside. That the body returns
 * what the type says is the caller's word.
 */
export function compiled<Arguments extends readonly unknown[], Result>(
  parameters: string,
  body: string,
  scope: Readonly<Record<string, unknown>> = {},
): (...args: Arguments) => Result {
  // As constants, so that functions among them are compiled in.
  const constants = `const { ${Object.keys(scope).join(', ')} } = scope;`;
  return new Function('scope', `'use strict'; ${constants} return (${parameters}) => { ${body} };`)(scope);
}
