/** Fewest and most days that calls can be kept for. */
export const retentionBounds = { least: 1, most: 36_500 };
