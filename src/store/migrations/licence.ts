/** What a model's file says of its licence. */
export const licence = `
ALTER TABLE harvest ADD COLUMN licence TEXT;        -- the SPDX expression its file states; null: it states none
`
