/**
 * What xlab.yaml can say, declared as data: the reader, the JSON schema, the example file and the types all come from
 * here. To add a setting: a line below.
 */

export interface Field {
  readonly name: string
  /** `path`: a file or folder, from the folder of xlab.yaml, with `~`. `size`: bytes, written 512m or 8g. */
  readonly type: 'text' | 'path' | 'integer' | 'number' | 'size'
  readonly description: string
  readonly example: string | number
  /** What happens when it is left out, for a person. */
  readonly otherwise?: string
  readonly required?: true
  readonly choices?: readonly string[]
  /** What a text must look like, and how to say so. */
  readonly pattern?: readonly [pattern: RegExp, expected: string]
  readonly range?: readonly [least: number, most: number]
}

/** An entry of a named section, chosen by its first field when there are several shapes. */
export interface Shape {
  /** Value of `kind`, or undefined where all entries of the section have one shape. */
  readonly kind?: string
  readonly description: string
  /** A name for the example. */
  readonly example: string
  readonly fields: readonly Field[]
}

export interface Section {
  readonly name: string
  readonly description: string
  readonly shapes: readonly Shape[]
}

const WORD = /^[\w.+@%:/~-]+$/
const target = [
  {
    name: 'triple',
    type: 'text',
    description: 'architecture and system it runs code for',
    otherwise: 'probed',
    example: 'aarch64-unknown-linux-gnu',
    choices: ['x86_64-unknown-linux-gnu', 'aarch64-unknown-linux-gnu'],
  },
  {
    name: 'cpu',
    type: 'text',
    description: "LLVM's name of its CPU",
    otherwise: 'probed',
    example: 'cortex-a76',
    pattern: [WORD, "LLVM's name of a CPU, such as cortex-a76"],
  },
  {
    name: 'features',
    type: 'text',
    description: "features beyond those of the CPU, in LLVM's spelling",
    otherwise: 'probed',
    example: '+dotprod,+fullfp16',
    pattern: [/^([+-][\w.-]+(,[+-][\w.-]+)*)?$/, 'a list such as +dotprod,-sve'],
  },
] as const satisfies readonly Field[]

export const SSH_FIELDS = [
  {
    name: 'address',
    type: 'text',
    required: true,
    description: 'user@host, or a Host of your ssh configuration',
    example: 'me@server',
    pattern: [
      /^[A-Za-z0-9_][\w.%+-]*(@[A-Za-z0-9_[:][\w.:%[\]-]*)?$/,
      'user@host, or a Host of your ssh configuration',
    ],
  },
  {
    name: 'port',
    type: 'integer',
    description: 'port of its sshd',
    otherwise: 'as your ssh configuration says, or 22',
    example: 22,
    range: [1, 65535],
  },
  {
    name: 'config',
    type: 'path',
    description: 'another ssh configuration (ssh -F)',
    otherwise: '~/.ssh/config',
    example: '~/.ssh/lab-config',
  },
  {
    name: 'directory',
    type: 'text',
    description: 'folder there in which programs may be put and run',
    otherwise: '/tmp',
    example: '/var/tmp',
    pattern: [/^\/[\w./-]*$/, 'an absolute path of letters, digits and ._-/'],
  },
  ...target,
] as const satisfies readonly Field[]

export const DOCKER_FIELDS = [
  {
    name: 'engine',
    type: 'text',
    description: 'address of its Docker engine: unix://, tcp:// or ssh://',
    otherwise: "as docker's own command line finds it",
    example: 'ssh://me@server',
    pattern: [/^(unix|tcp|http|https|ssh):\/\/\S+$/, 'unix:///path, tcp://host:port or ssh://user@host'],
  },
  {
    name: 'cpus',
    type: 'number',
    description: 'CPUs it may use at once',
    otherwise: 'all',
    example: 2,
    range: [0.01, 4096],
  },
  {
    name: 'cores',
    type: 'text',
    description: 'which cores it may use: better for timing than a limit on CPUs',
    otherwise: 'all',
    example: '2-3',
    pattern: [/^\d+(-\d+)?(,\d+(-\d+)?)*$/, 'a list such as 0,2-3'],
  },
  {
    name: 'memory',
    type: 'size',
    description: 'memory it may use',
    otherwise: '4g',
    example: '4g',
  },
  ...target,
] as const satisfies readonly Field[]

export const QEMU_FIELDS = [
  {
    name: 'emulate',
    type: 'text',
    description: "CPU to imitate (qemu's -cpu)",
    otherwise: 'max',
    example: 'cortex-a76',
    pattern: [/^[\w.,=+-]+$/, "a CPU of 'qemu-aarch64 -cpu help'"],
  },
  {
    name: 'program',
    type: 'text',
    description: 'the emulator',
    otherwise: 'qemu-ARCHITECTURE from the path',
    example: 'qemu-aarch64',
    pattern: [/^[\w./~+-]+$/, 'a program, or its path'],
  },
  ...target,
] as const satisfies readonly Field[]

export const LLM_FIELDS = [
  {
    name: 'use',
    type: 'text',
    required: true,
    description:
      "what speaks: builtin, gguf:PATH, hf:ID_OR_PATH, replay:FILE, or an OpenAI-compatible server's URL",
    example: 'http://localhost:8080/v1',
    pattern: [
      /^(builtin|(gguf|hf|replay):\S.*|https?:\/\/\S+)$/,
      'builtin, gguf:PATH, hf:ID_OR_PATH, replay:FILE or a URL',
    ],
  },
  {
    name: 'model',
    type: 'text',
    description: "the server's name of the model",
    otherwise: 'its first',
    example: 'llm-compiler-7b-ftd',
  },
  {
    name: 'dialect',
    type: 'text',
    description: 'how it is spoken to: llm-compiler, plain, instruct',
    otherwise: "chosen by the model's name",
    example: 'llm-compiler',
  },
  {
    name: 'key-env',
    type: 'text',
    description: 'environment variable that holds the key, never the key itself',
    otherwise: 'no key',
    example: 'MY_API_KEY',
    pattern: [/^[A-Za-z_]\w{0,63}$/, 'the name of an environment variable, never the key itself'],
  },
  {
    name: 'context',
    type: 'integer',
    description: 'tokens that fit its context window',
    otherwise: 'as the server says',
    example: 16384,
    range: [256, 100_000_000],
  },
] as const satisfies readonly Field[]

export const SECTIONS = [
  {
    name: 'hosts',
    description: 'machines, containers and emulators that run builds',
    shapes: [
      {
        kind: 'ssh',
        description: 'a machine reached by your own ssh client, with its configuration, keys and jump hosts',
        example: 'server',
        fields: SSH_FIELDS,
      },
      {
        kind: 'docker',
        description: 'a container, here or on an engine elsewhere: no network, read-only, no capabilities',
        example: 'box',
        fields: DOCKER_FIELDS,
      },
      {
        kind: 'qemu',
        description:
          'user-mode emulation of another CPU: sizes, correctness and instruction counts, never a time',
        example: 'qemu-a76',
        fields: QEMU_FIELDS,
      },
      { kind: 'local', description: 'this machine', example: 'here', fields: target },
    ],
  },
  {
    name: 'llms',
    description: "language models, by the name that '--llm' takes",
    shapes: [{ description: 'a language model', example: 'my-llm', fields: LLM_FIELDS }],
  },
] as const satisfies readonly Section[]

export const LOCAL_FIELDS = target

type Camel<S extends string> = S extends `${infer A}-${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S
type ValueOf<F extends Field> = F['type'] extends 'text' | 'path' ? string : number

/** What an entry with these fields gives: camel-cased names, sizes in bytes, paths absolute. */
export type Values<F extends readonly Field[]> = {
  readonly [K in F[number] as K extends { required: true } ? Camel<K['name']> : never]: ValueOf<K>
} & {
  readonly [K in F[number] as K extends { required: true } ? never : Camel<K['name']>]?: ValueOf<K>
}
