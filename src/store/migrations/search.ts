/** What a search over pass lists tried and found, and the features kernels are grouped by. */
export const search = ``
