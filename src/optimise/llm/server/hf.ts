/** Hugging Face transformers behind the same API (models-py/llm_server.py): in its container, or the user's Python. */

import { environmentError } from '../../../errors.ts'
import type { LanguageModel, ModelServices, Wanted } from './model.ts'
export async function openHf(_wanted: Wanted, _services: ModelServices): Promise<LanguageModel> {
  throw environmentError('hf: comes within the hour')
}
