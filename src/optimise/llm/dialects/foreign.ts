/** Names in a kernel are anybody's: none may end its quotation or speak as the model's user. */

/** `text` with the marks of chat templates and of our own quotations made harmless. IR without them is unchanged. */
export const quoted = (text: string): string =>
  text.replaceAll(/<(?=\||\/?code>|\/?s>|<SYS>)|\[(?=\/?INST\])|```/gi, mark => `${mark[0]} ${mark.slice(1)}`)
