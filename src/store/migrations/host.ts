/** Where hosts are, and what their runs left undone. */
export const host = ``
