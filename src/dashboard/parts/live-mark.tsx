/** Says whether what is shown follows the ledger by itself. */
export const LiveMark = ({ isConnected }: { isConnected: boolean }) => (
  <span
    class={isConnected ? 'live connected' : 'live'}
    role="status"
    title={
      isConnected
        ? 'The numbers change as calls come in.'
        : 'The numbers are those of when the page was opened or last connected. It connects again by itself.'
    }
  >
    {isConnected ? 'Live' : 'Not connected'}
  </span>
);
