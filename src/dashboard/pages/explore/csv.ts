/** A spreadsheet would take text that begins like this for a formula. */
const formula = /^[=+\-@\t\r]/;

const cell = (text: string, isNumber: boolean) => {
  const safe = !isNumber && formula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** Lines as RFC 4180 has them. Columns from `numbersFrom` on are numbers, and stay as they are. */
export function toCsv(header: readonly string[], rows: readonly (readonly string[])[], numbersFrom: number): string {
  const line = (cells: readonly string[], isHeader: boolean) =>
    cells.map((text, index) => cell(text, !isHeader && index >= numbersFrom)).join(',');
  return [line(header, true), ...rows.map((row) => line(row, false))].map((text) => `${text}\r\n`).join('');
}
