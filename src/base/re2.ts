import { type CharacterTest, isWord } from './re2-classes.ts';
import { type Assertion, InvalidPattern, parsePattern, type PatternNode } from './re2-parser.ts';

export { InvalidPattern } from './re2-parser.ts';

type Instruction =
  | { readonly kind: 'character'; readonly test: CharacterTest }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'split'; targets: readonly number[] }
  | { readonly kind: 'match' };

/** Steps of a program; what is larger is refused, so that a pattern costs what its length suggests. */
const MAX_INSTRUCTIONS = 20_000;
const MAX_PATTERN_LENGTH = 10_000;

/** A regular expression in the syntax of RE2. Matching takes time in proportion to text and pattern, whatever the pattern. */
export interface Re2 {
  /** True when the whole text matches. */
  matches(text: string): boolean;
}

/** Throws InvalidPattern. */
export function compileRe2(pattern: string): Re2 {
  if (pattern.length > MAX_PATTERN_LENGTH) throw new InvalidPattern('the regular expression is too long');
  const program: Instruction[] = [];
  emit(program, parsePattern(pattern));
  push(program, { kind: 'match' });
  return {
    matches: (text) =>
      run(
        program,
        Array.from(text, (character) => character.codePointAt(0) ?? 0),
      ),
  };
}

function push(program: Instruction[], instruction: Instruction): Instruction {
  if (program.length >= MAX_INSTRUCTIONS) throw new InvalidPattern('the regular expression is too large');
  program.push(instruction);
  return instruction;
}

function split(program: Instruction[]): { targets: readonly number[] } {
  return push(program, { kind: 'split', targets: [] }) as { kind: 'split'; targets: readonly number[] };
}

function emit(program: Instruction[], node: PatternNode): void {
  switch (node.kind) {
    case 'character':
    case 'assertion':
      push(program, node);
      break;
    case 'sequence':
      for (const part of node.parts) emit(program, part);
      break;
    case 'choice':
      emitChoice(program, node.parts);
      break;
    case 'repeat':
      emitRepeat(program, node);
      break;
  }
}

function emitChoice(program: Instruction[], parts: readonly PatternNode[]): void {
  const fork = split(program);
  const starts: number[] = [];
  const ends = parts.map((part) => {
    starts.push(program.length);
    emit(program, part);
    return split(program);
  });
  fork.targets = starts;
  for (const end of ends) end.targets = [program.length];
}

function emitRepeat(program: Instruction[], { part, least, most }: PatternNode & { kind: 'repeat' }): void {
  for (let i = 0; i < least; i++) emit(program, part);
  if (most === undefined) {
    const start = program.length;
    const loop = split(program);
    emit(program, part);
    split(program).targets = [start];
    loop.targets = [start + 1, program.length];
    return;
  }
  const exits = Array.from({ length: most - least }, () => {
    const at = program.length;
    const exit = split(program);
    emit(program, part);
    return { at, exit };
  });
  for (const { at, exit } of exits) exit.targets = [at + 1, program.length];
}

function holds(assertion: Assertion, text: readonly number[], at: number): boolean {
  const before = text[at - 1];
  const after = text[at];
  const atWord = (before !== undefined && isWord(before)) !== (after !== undefined && isWord(after));
  switch (assertion) {
    case 'text-start':
      return before === undefined;
    case 'text-end':
      return after === undefined;
    case 'line-start':
      return before === undefined || before === 10;
    case 'line-end':
      return after === undefined || after === 10;
    case 'word':
      return atWord;
    case 'not-word':
      return !atWord;
  }
}

/** Thompson's simulation: all paths through the program at once, one character after the other. */
function run(program: readonly Instruction[], text: readonly number[]): boolean {
  let current: readonly number[] = [0];
  for (let at = 0; at <= text.length; at++) {
    const reached = follow(program, current, text, at);
    const character = text[at];
    if (character === undefined) return reached.some((index) => program[index]?.kind === 'match');
    current = reached.flatMap((index) => {
      const instruction = program[index];
      return instruction?.kind === 'character' && instruction.test(character) ? [index + 1] : [];
    });
    if (current.length === 0) return false;
  }
  return false;
}

/** What can be reached without reading a character: the characters that may come next, and the end. */
function follow(
  program: readonly Instruction[],
  from: readonly number[],
  text: readonly number[],
  at: number,
): number[] {
  const seen = new Set<number>();
  const open = [...from];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (seen.has(index)) continue;
    seen.add(index);
    const instruction = program[index];
    if (instruction?.kind === 'split') open.push(...instruction.targets);
    else if (instruction?.kind === 'assertion' && holds(instruction.assertion, text, at)) open.push(index + 1);
  }
  return [...seen];
}
