/** What is asked of a child process that holds libLLVM, and what it answers. */
import type { ObjectSizes } from '../../kernel/build.ts'

export type Machine = 'x86-64' | 'aarch64'

export interface ReadRequest {
  readonly op: 'read'
  readonly ir: string | Uint8Array
  readonly wantBitcode: boolean
}

export interface CountRequest {
  readonly op: 'count'
  readonly machine: Machine
  /** One executable section. */
  readonly code: Uint8Array
}

/** What code is made for. */
export interface MachineTarget {
  readonly triple: string
  readonly dataLayout: string
  readonly cpu: string
  readonly features: string
}

/** One build: the command lines of `opt` and `llc`, taken apart. Options stand as on those lines. */
export interface MakeRequest {
  readonly op: 'make'
  /** Names the module; its bytes, text or bitcode, come with the first request of a child. */
  readonly input: string
  readonly bytes?: Uint8Array
  /** Inputs the child need not keep any longer. */
  readonly forget?: readonly string[]
  /** Left out when it is that of the request before, as the same child had it: a list of features is long. */
  readonly target?: MachineTarget | undefined
  /** What `opt` does; without it text goes to the code generator as it is. */
  readonly opt?: {
    readonly passes: string
    /** Enum attributes, by LLVM's own `forceattrs`, and others (name, value) on every function defined. */
    readonly forced: readonly string[]
    readonly strings: readonly (readonly [string, string])[]
  }
  readonly codegenLevel: 0 | 1 | 2 | 3
  readonly relocationModel: string
  readonly codegenOptions: readonly string[]
  /** `measures`: nothing large comes back. */
  readonly want: 'build' | 'measures'
}

/** Measures an object as it stands. */
export interface MeasureRequest {
  readonly op: 'measure'
  readonly object: Uint8Array
}

export interface AboutRequest {
  readonly op: 'about'
}

export type EngineRequest = ReadRequest | CountRequest | MakeRequest | MeasureRequest | AboutRequest

export type Parsed =
  | { readonly state: 'ok'; readonly bitcode?: Uint8Array }
  | { readonly state: 'rejected'; readonly message: string }

export type Counted = { readonly state: 'counted'; readonly instructions: number }

/** Milliseconds within LLVM, by what it did. */
export interface Spent {
  options: number
  parse: number
  clone: number
  passes: number
  print: number
  reparse: number
  emit: number
  count: number
}

export type Made =
  | {
      readonly state: 'made'
      readonly sizes: ObjectSizes
      readonly instructions: number
      readonly contentHash: string
      /** Only when a whole build is wanted, and then there is no IR of what was an object before. */
      readonly object?: Uint8Array
      readonly ir?: Uint8Array | undefined
      readonly undefinedSymbols?: readonly string[]
      readonly spent: Spent
      /** In the child, from request to answer. */
      readonly seconds: number
    }
  /** `bad-passes`: LLVM's words. `elsewhere`: not to be made this way, `opt` and `llc` must say why, or make it. */
  | { readonly state: 'bad-passes' | 'elsewhere'; readonly message: string; readonly seconds: number }

export interface About {
  readonly state: 'about'
  readonly version: string
  /** Why this library cannot make builds, if so. */
  readonly problem?: string
}

export type EngineReply = Parsed | Counted | Made | About
/** What a child says first: libLLVM is loaded. */
export type Ready = { readonly state: 'ready' }
export type EngineResult =
  | EngineReply
  | { readonly state: 'died'; readonly how: Death; readonly message: string }

/** `crash`: of its own doing. `limit`: killed for time, or from outside. `ended`: the engine was closed. */
export type Death = 'crash' | 'limit' | 'ended'
