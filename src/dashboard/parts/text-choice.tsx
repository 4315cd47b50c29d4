import { useEffect, useState } from 'preact/hooks';

/** Text that applies when it is complete: on Enter, or on leaving the field. */
export function TextChoice({
  label,
  value,
  choose,
}: {
  label: string;
  value: string;
  choose: (value: string) => void;
}) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const apply = () => {
    if (text.trim() !== value) choose(text.trim());
  };
  return (
    <label>
      {label}
      <input
        value={text}
        autocomplete="off"
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onBlur={apply}
        onKeyDown={({ key }) => key === 'Enter' && apply()}
      />
    </label>
  );
}
