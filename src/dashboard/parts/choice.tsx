/** One of a few values. */
export const Choice = ({
  label,
  value,
  options,
  choose,
}: {
  label: string;
  value: string;
  /** Names by value, in order. */
  options: Record<string, string>;
  choose: (value: string) => void;
}) => (
  <label>
    {label}
    <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value)}>
      {Object.entries(options).map(([option, name]) => (
        <option key={option} value={option}>
          {name}
        </option>
      ))}
    </select>
  </label>
);
