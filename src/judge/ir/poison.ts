/** Where an instruction's result is poison: how its operands' shadows meet, lane by lane, and its own rules. Pure. */
import { type TypedValue, vectorOf } from '../../kernel/ir/scan.ts'
import type { Instruction } from './instruction.ts'
import { literalPoison, mayPoison, rules, type Scribe } from './poison-rules.ts'
import { anyLane, clean, isClean, maskType, splat, spread } from './types.ts'

/** Whether the result of `i` is poison: its operands' shadows and its own rule. Phis are the caller's. */
export function ownPoison(i: Instruction, scribe: Scribe): string {
  const mask = maskType(i.type)
  const [a, b, c] = i.operands
  if (a === undefined) return clean(mask)
  const or = (x: string, y: string): string =>
    isClean(x) ? y : isClean(y) ? x : scribe.emit(`or ${mask} ${x}, ${y}`)
  switch (i.opcode) {
    case 'select':
      return b !== undefined && c !== undefined ? selectPoison(a, b, c, mask, scribe) : clean(mask)
    case 'insertvalue':
      return or(
        literalPoison(a.value) ? 'false' : scribe.shadow(a),
        b === undefined ? 'false' : anyOf(b, scribe),
      )
    case 'extractelement': {
      const lane = scribe.emit(
        `extractelement ${maskType(a.type)} ${scribe.shadow(a)}, ${b?.type} ${b?.value}`,
      )
      return or(lane, laneOutside(b, a.type, scribe))
    }
    case 'insertelement': {
      const base = scribe.shadow(a)
      const put = b === undefined ? 'false' : scribe.shadow(b)
      const lanes = scribe.emit(`insertelement ${mask} ${base}, i1 ${put}, ${c?.type} ${c?.value}`)
      const outside = laneOutside(c, a.type, scribe)
      return isClean(outside)
        ? lanes
        : scribe.emit(`select i1 ${outside}, ${mask} ${splat(mask, 'true')}, ${mask} ${lanes}`)
    }
    case 'shufflevector':
      return b !== undefined && c !== undefined ? shufflePoison(a, b, c, scribe) : clean(mask)
  }
  let shadow = clean(mask)
  for (const operand of i.operands) shadow = or(shadow, fitted(operand, mask, scribe))
  if (!mayPoison(i, value => scribe.isData(value))) return shadow
  for (const rule of rules(i, scribe)) shadow = or(shadow, rule)
  return shadow
}

function selectPoison(c: TypedValue, x: TypedValue, y: TypedValue, mask: string, scribe: Scribe): string {
  const [sx, sy] = [scribe.shadow(x), scribe.shadow(y)]
  const chosen =
    isClean(sx) && isClean(sy)
      ? clean(mask)
      : scribe.emit(`select ${c.type} ${c.value}, ${mask} ${sx}, ${mask} ${sy}`)
  const condition = fitted(c, mask, scribe)
  if (isClean(condition)) return chosen
  // A poison condition must not choose: both shadows are ordered after it.
  return isClean(chosen) ? condition : scribe.emit(`or ${mask} ${chosen}, ${condition}`)
}

function shufflePoison(a: TypedValue, b: TypedValue, mask: TypedValue, scribe: Scribe): string {
  const lanes = vectorOf(mask.type)?.lanes ?? 0
  const missing = /^(?:poison|undef)$/.test(mask.value)
    ? Array.from({ length: lanes }, () => true)
    : [...mask.value.matchAll(/i32 (\w+)/g)].map(match => /poison|undef/.test(match[1] ?? ''))
  const safe = mask.value.replaceAll(/poison|undef/g, mask.value.startsWith('<') ? '0' : 'zeroinitializer')
  const from = maskType(a.type)
  const moved = scribe.emit(
    `shufflevector ${from} ${scribe.shadow(a)}, ${from} ${scribe.shadow(b)}, ${mask.type} ${safe}`,
  )
  if (!missing.some(Boolean)) return moved
  const holes = `<${missing.map(hole => `i1 ${hole}`).join(', ')}>`
  return scribe.emit(`or <${lanes} x i1> ${moved}, ${holes}`)
}

function laneOutside(index: TypedValue | undefined, vector: string, scribe: Scribe): string {
  if (index === undefined || /^\d+$/.test(index.value)) return 'false'
  const outside = scribe.emit(`icmp uge ${index.type} ${index.value}, ${vectorOf(vector)?.lanes ?? 0}`)
  const shadow = scribe.shadow(index)
  return isClean(shadow) ? outside : scribe.emit(`or i1 ${outside}, ${shadow}`)
}

/** An operand's shadow in the shape of the result's: as it is, any lane of it, or spread over all lanes. */
function fitted(operand: TypedValue, mask: string, scribe: Scribe): string {
  const shadow = scribe.shadow(operand)
  const from = maskType(operand.type)
  if (isClean(shadow)) return clean(mask)
  if (from === mask) return shadow
  const one = anyOf(operand, scribe)
  return spread(one, mask, scribe.emit)
}

const anyOf = (operand: TypedValue, scribe: Scribe): string =>
  anyLane(scribe.shadow(operand), maskType(operand.type), scribe.emit)
