/** What a shell may offer for the word at hand. Pure but for the sources it is given. */
import type { Command } from '../command.ts'
import { type Offer, type Sources, VALUES, type Values } from './values.ts'

/** `files`: names of files, which the shell knows best. */
export type Completion =
  | { readonly state: 'offers'; readonly offers: readonly Offer[] }
  | { readonly state: 'files' }

interface Option {
  readonly names: readonly string[]
  readonly placeholder: string | undefined
  readonly about: string
}

const NONE: Completion = { state: 'offers', offers: [] }

/** `words`: those behind the program's name, the last one being typed. */
export async function complete(
  words: readonly string[],
  commands: readonly Command[],
  everywhere: readonly (readonly [flags: string, description: string])[],
  sources: Sources,
): Promise<Completion> {
  const typed = words.at(-1) ?? ''
  const global = everywhere.map(optionOf)
  const { name, positionals, pending } = walk(words.slice(0, -1), commands, global)
  const command = commands.find(one => one.name === name || one.alias === name)
  const options = [...(command?.options ?? []).map(optionOf), ...global]
  if (pending) return valuesOf(pending, command, typed, '', sources)
  const [, flag, rest] = /^(--[\w-]+)=(.*)$/s.exec(typed) ?? []
  if (flag !== undefined) {
    const option = options.find(({ names }) => names.includes(flag))
    return option ? valuesOf(option, command, rest ?? '', `${flag}=`, sources) : NONE
  }
  if (typed.startsWith('-')) {
    const offers = options.map(({ names, about }) => ({ value: names.at(-1) ?? '', about }))
    return matching([...offers, { value: '--help', about: 'help for the command' }], typed)
  }
  if (name === undefined || (name === 'help' && positionals.length === 0))
    return matching(
      commands.map(one => ({ value: one.name, about: one.summary })),
      typed,
      name === undefined ? [{ value: 'help', about: 'help for a command' }] : [],
    )
  const placeholder = placeholderAt(command, positionals)
  if (placeholder === undefined) return NONE
  return answer(VALUES[`${command?.name} ${placeholder}`] ?? VALUES[placeholder], typed, '', sources)
}

const optionOf = ([flags, about]: readonly [flags: string, about: string, ...rest: unknown[]]): Option => ({
  names: flags.split(/[\s,]+/).filter(word => word.startsWith('-')),
  placeholder: /[<[]([\w.-]+)/.exec(flags)?.[1],
  about,
})

/** What the words before the last one are. `pending`: the option whose value comes next. */
function walk(
  words: readonly string[],
  commands: readonly Command[],
  global: readonly Option[],
): { name: string | undefined; positionals: string[]; pending: Option | undefined } {
  const positionals: string[] = []
  let name: string | undefined
  let pending: Option | undefined
  for (const word of words) {
    if (pending) {
      pending = undefined
      continue
    }
    if (!word.startsWith('-')) {
      if (name === undefined) name = word
      else positionals.push(word)
      continue
    }
    const own = commands.find(one => one.name === name || one.alias === name)?.options ?? []
    const option = [...own.map(optionOf), ...global].find(({ names }) => names.includes(word))
    if (option?.placeholder !== undefined) pending = option
  }
  return { name, positionals, pending }
}

/** The name in the place of the next argument; the last one stands for all that follow when it ends in dots. */
function placeholderAt(command: Command | undefined, positionals: readonly string[]): string | undefined {
  // Only `export kernel` has a second argument.
  if (command?.name === 'export' && positionals.length > 0 && positionals[0] !== 'kernel') return undefined
  const all = command?.arguments?.match(/[\w.-]+/g) ?? []
  const at = all[positionals.length] ?? (all.at(-1)?.endsWith('...') ? all.at(-1) : undefined)
  return at?.replace(/\.\.\.$/, '')
}

function valuesOf(
  { names, placeholder }: Option,
  command: Command | undefined,
  typed: string,
  prefix: string,
  sources: Sources,
): Promise<Completion> {
  const long = names.at(-1) ?? ''
  const values = VALUES[`${command?.name} ${long}`] ?? VALUES[long] ?? VALUES[placeholder ?? '']
  return answer(values, typed, prefix, sources)
}

async function answer(
  values: Values | undefined,
  typed: string,
  prefix: string,
  sources: Sources,
): Promise<Completion> {
  if (values === undefined) return NONE
  if (values === 'files') return { state: 'files' }
  const before = values.list ? typed.slice(0, typed.lastIndexOf(',') + 1) : ''
  const last = typed.slice(before.length)
  const given = before.split(',')
  const offers = (await values.offer(sources, last)).filter(({ value }) => !given.includes(value))
  const found = matching(offers, last)
  if (found.state === 'files') return found
  return {
    state: 'offers',
    offers: found.offers.map(offer => ({ ...offer, value: `${prefix}${before}${offer.value}` })),
  }
}

const matching = (offers: readonly Offer[], typed: string, more: readonly Offer[] = []): Completion => ({
  state: 'offers',
  offers: [...offers, ...more].filter(({ value }) => value.startsWith(typed)),
})
