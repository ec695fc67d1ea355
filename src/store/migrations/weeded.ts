/** What a search found wrong on its way. */
export const weeded = `
ALTER TABLE search ADD COLUMN wrong TEXT NOT NULL DEFAULT '{}'; -- JSON object: hash of code that was refuted to the candidate it came from
`
