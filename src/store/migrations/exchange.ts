/** What was said to a language model, what it answered, and what became of it. */
export const exchange = ``
