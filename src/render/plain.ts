import {
  CaseTag,
  type Filter,
  ForTag,
  IfTag,
  type Liquid,
  Output,
  RenderTag,
  type Template,
  type Token,
  TypeGuards,
  type Value,
} from 'liquidjs';

type Scope = { vars: object; around?: Scope };
type Writes = (scope: Scope) => string;
type Reads = (scope: Scope) => unknown;

/**
 * Fills a parsed template by plain functions. LiquidJS walks the same tree by generators, which costs ten times as much:
 * a quarter of what an answer in a quiz costs in all. Only what is plain is done here, values of their own that are text,
 * numbers, yes or no, lists and records of such; for everything else it returns undefined, and LiquidJS has its say, about
 * mistakes too. So the words are the same in any case.
 */
export function compilePlain(
  engine: Liquid,
  templates: Template[],
  parts: Record<string, string>,
): (data: object) => string | undefined {
  const compiled = new Map<string, Writes>();
  const partOf = (name: string): Writes => {
    const known = compiled.get(name);
    if (known) return known;
    const made = all(engine.parse(parts[name] ?? ''));
    compiled.set(name, made);
    return made;
  };
  const write = all(templates);
  return (data) => {
    try {
      return write({ vars: data });
    } catch {
      return undefined;
    }
  };

  function all(list: Template[]): Writes {
    const each = list.map(one);
    return (scope) => {
      let text = '';
      for (const part of each) text += part(scope);
      return text;
    };
  }

  function one(template: Template): Writes {
    if (TypeGuards.isHTMLToken(template.token)) {
      const text = template.token.getContent();
      return () => text;
    }
    if (template instanceof Output) return output(template.value);
    if (template instanceof IfTag) return condition(template);
    if (template instanceof CaseTag) return choice(template);
    if (template instanceof ForTag) return loop(template);
    if (template instanceof RenderTag) return part(template);
    return notPlain;
  }

  function output(given: Value): Writes {
    const read = valueOf(engine, given);
    return (scope) => {
      const value = primitive(read(scope));
      return value === null ? '' : String(value);
    };
  }

  function condition({ branches, elseTemplates = [] }: IfTag): Writes {
    const cases = branches.map(({ value, templates: then }) => ({
      holds: valueOf(engine, value),
      then: all(then),
    }));
    const otherwise = all(elseTemplates);
    return (scope) => (cases.find(({ holds }) => isTrue(holds(scope)))?.then ?? otherwise)(scope);
  }

  function choice({ value, branches, elseTemplates }: CaseTag): Writes {
    const chosen = valueOf(engine, value);
    const cases = branches.map(({ values, templates: then }) => ({
      values: values.map(tokenOf),
      then: all(then),
    }));
    const otherwise = all(elseTemplates);
    return (scope) => {
      const target = primitive(chosen(scope));
      const hit = cases.filter(({ values }) => values.some((read) => primitive(read(scope)) === target));
      return hit.length === 0 ? otherwise(scope) : hit.map(({ then }) => then(scope)).join('');
    };
  }

  function loop({ variable, collection, hash, templates: body, elseTemplates }: ForTag): Writes {
    if (Object.keys(hash.hash).length > 0) return notPlain;
    const read = tokenOf(collection);
    const [each, none] = [all(body), all(elseTemplates)];
    return (scope) => {
      const list = read(scope);
      if (!Array.isArray(list)) return notPlain();
      if (list.length === 0) return none(scope);
      let text = '';
      for (const item of list) text += each({ vars: { [variable]: item }, around: scope });
      return text;
    };
  }

  /** A part sees what it is given, and nothing else. */
  function part(tag: RenderTag): Writes {
    const { name = '', scope: names = [] } = tag.partialScope() ?? {};
    const reads = [...tag.arguments()].map((token) => tokenOf(token as Token));
    const given = [...names].map((key, i) => ({ key, read: reads[i] ?? notPlain }));
    if (!(name in parts) || given.length !== reads.length) return notPlain;
    const fill = partOf(name);
    return (scope) => {
      const vars: Record<string, unknown> = {};
      for (const { key, read } of given) vars[typeof key === 'string' ? key : notPlain()] = read(scope);
      return fill({ vars });
    };
  }
}

/** Thrown often, never shown. */
const refused = new Error('not plain');
function notPlain(): never {
  throw refused;
}

type Primitive = string | number | boolean | null;

const primitive = (value: unknown): Primitive =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : notPlain();

/** As Liquid sees it: all but `false` and nothing. */
const isTrue = (value: unknown): boolean => value !== false && value !== null && value !== undefined;

function valueOf(engine: Liquid, { initial, filters }: Value): Reads {
  const read = expression(initial.postfix);
  if (filters.length === 0) return read;
  const steps = filters.map((filter) => filtering(engine, filter));
  return (scope) => {
    let value: unknown = primitive(read(scope));
    for (const step of steps) value = primitive(step(value, scope));
    return value;
  };
}

/** One that needs more than its arguments throws, for want of `this`. */
function filtering(engine: Liquid, { name, args }: Filter): (value: unknown, scope: Scope) => unknown {
  const filter = engine.filters[name];
  if (typeof filter !== 'function' || args.some(Array.isArray)) return notPlain;
  const reads = args.map((arg) => tokenOf(arg as Token));
  return (value, scope) =>
    filter.call(undefined as never, value, ...reads.map((read) => primitive(read(scope))));
}

/** `postfix`: as on a calculator, the operator comes after what it joins. */
function expression(postfix: Token[]): Reads {
  const [only] = postfix;
  if (only && postfix.length === 1) return tokenOf(only);
  const stack: Reads[] = [];
  for (const token of postfix) {
    if (!TypeGuards.isOperatorToken(token)) {
      stack.push(tokenOf(token));
      continue;
    }
    const join = Object.hasOwn(operators, token.operator) ? operators[token.operator] : undefined;
    const [right, left] = [stack.pop(), stack.pop()];
    if (!join || !left || !right) return notPlain;
    stack.push((scope) => join(left(scope), right(scope)));
  }
  return stack[0] ?? notPlain;
}

const numbers = (l: unknown, r: unknown): [number, number] =>
  typeof l === 'number' && typeof r === 'number' ? [l, r] : notPlain();

const compared =
  (test: (l: number, r: number) => boolean) =>
  (l: unknown, r: unknown): boolean =>
    test(...numbers(l, r));

const operators: Record<string, (left: unknown, right: unknown) => boolean> = {
  '==': (l, r) => primitive(l) === primitive(r),
  '!=': (l, r) => primitive(l) !== primitive(r),
  '>': compared((l, r) => l > r),
  '<': compared((l, r) => l < r),
  '>=': compared((l, r) => l >= r),
  '<=': compared((l, r) => l <= r),
  and: (l, r) => isTrue(l) && isTrue(r),
  or: (l, r) => isTrue(l) || isTrue(r),
};

/** A literal, or `quiz.keywords[0]`. */
function tokenOf(token: Token): Reads {
  if (TypeGuards.isQuotedToken(token) || TypeGuards.isNumberToken(token)) {
    const { content } = token;
    return () => content;
  }
  if (!TypeGuards.isPropertyAccessToken(token) || token.variable) return notPlain;
  const [first, ...rest] = token.props.map((prop) =>
    TypeGuards.isWordToken(prop) || TypeGuards.isNumberToken(prop) ? prop.content : undefined,
  );
  if (typeof first !== 'string') return notPlain;
  return (scope) => rest.reduce<unknown>(property, look(scope, first));
}

function look(scope: Scope, name: string): unknown {
  for (let at: Scope | undefined = scope; at; at = at.around)
    if (Object.hasOwn(at.vars, name)) return known((at.vars as Record<string, unknown>)[name]);
  return notPlain();
}

function property(value: unknown, key: string | number | undefined): unknown {
  if (key === 'size' && (typeof value === 'string' || Array.isArray(value))) return value.length;
  if (typeof value !== 'object' || value === null || key === undefined || !Object.hasOwn(value, key))
    return notPlain();
  return known((value as Record<string | number, unknown>)[key]);
}

/** LiquidJS says what is missing, and calls what is a function. */
const known = (value: unknown): unknown =>
  value === undefined || typeof value === 'function' ? notPlain() : value;
