/*
 * caret.c - what the caret of a message is under.
 *
 * A message is of an instruction, and the instruction of a word: the last that Lua's parser had read when it made it, or
 * the operator. From there the names that it uses are found by the shape of an expression: what a '.' or ':' is between,
 * what is on both sides of an operator, what is called, what is assigned to. The message's word is one of these, or it
 * is in the line only once. Where it is neither, or two of them, the caret is under the operation itself; where that is
 * not to be told, there is none.
 */
#include "front/caret.h"

#include <stdlib.h>
#include <string.h>

/* What an instruction uses, as tokens. */
enum { OPERANDS = 4 };
struct use {
	const struct tokens *t;
	uint32_t own;             /* the operation itself */
	uint32_t name[OPERANDS];  /* the last word of what is used, which names it */
	uint32_t start[OPERANDS]; /* and the first */
	uint32_t last[OPERANDS];  /* of an operand that has a first one, and of a side of an operator: its end */
	uint32_t args;            /* of a call: where what it is given begins */
};

/* ---- expressions ---- */

static bool is_kind(const struct tokens *t, uint32_t i, enum token_kind kind)
{
	return i < t->n && t->v[i].kind == kind;
}

static uint32_t mate(const struct tokens *t, uint32_t i)
{
	return i < t->n ? t->v[i].mate : TOKEN_NONE;
}

/* May a call, or a pair of brackets, follow the token? */
static bool ends_prefix(const struct tokens *t, uint32_t i)
{
	return is_kind(t, i, TOKEN_NAME) || is_kind(t, i, TOKEN_STRING) || token_among(t, i, ") ] }");
}

/* Are arguments of a call here? What is before it tells. */
static bool is_args(const struct tokens *t, uint32_t i)
{
	return i && ends_prefix(t, i - 1) && (is_kind(t, i, TOKEN_STRING) || token_among(t, i, "( {"));
}

/* Behind the brackets, or the one token, that i begins. */
static uint32_t behind(const struct tokens *t, uint32_t i)
{
	return mate(t, i) != TOKEN_NONE && mate(t, i) > i ? mate(t, i) + 1 : i + 1;
}

/* Behind what is written at i after the beginning of an expression: .x :x [x] (x); i: none of them. */
static uint32_t behind_suffix(const struct tokens *t, uint32_t i)
{
	if (token_among(t, i, ". :") && is_kind(t, i + 1, TOKEN_NAME))
		return i + 2;
	if (!is_kind(t, i, TOKEN_STRING) && token_is(t, i, "["))
		return behind(t, i);
	return is_args(t, i) ? behind(t, i) : i;
}

/* Behind the operand that begins at i: a name, or brackets, and what follows it. */
static uint32_t behind_operand(const struct tokens *t, uint32_t i)
{
	bool goes_on = is_kind(t, i, TOKEN_NAME) || (token_is(t, i, "(") && !is_kind(t, i, TOKEN_STRING));
	uint32_t at = behind(t, i), next;
	while (goes_on && (next = behind_suffix(t, at)) != at)
		at = next;
	return at;
}

/* Where the operand begins whose last token is i; TOKEN_NONE: not to be told. */
static uint32_t operand_start(const struct tokens *t, uint32_t i)
{
	while (i < t->n) {
		uint32_t from = mate(t, i) < i && !is_kind(t, i, TOKEN_KEYWORD) ? mate(t, i) : i;
		if (is_kind(t, from, TOKEN_NAME)) {
			if (!from || !token_among(t, from - 1, ". :") || is_kind(t, from - 1, TOKEN_STRING))
				return from;
			i = from - 2;
		} else if (token_is(t, from, "[") || is_args(t, from)) {
			i = from - 1;
		} else {
			bool whole = token_among(t, from, "( { nil true false ...") || is_kind(t, from, TOKEN_NUMBER) ||
				     is_kind(t, from, TOKEN_STRING);
			return whole ? from : TOKEN_NONE;
		}
	}
	return TOKEN_NONE;
}

/* From i backwards, over whatever is in brackets, to one of these; TOKEN_NONE: what ends an expression comes first. */
static uint32_t back_to(const struct tokens *t, uint32_t i, const char *texts, const char *ends)
{
	for (; i < t->n; i--) {
		if (is_kind(t, i, TOKEN_STRING))
			continue;
		if (mate(t, i) != TOKEN_NONE && mate(t, i) < i) {
			i = mate(t, i);
			if (token_is(t, i, "function") && token_among(t, i, texts))
				return i;
			continue;
		}
		if (token_among(t, i, texts))
			return i;
		if (mate(t, i) != TOKEN_NONE || token_among(t, i, ends))
			return TOKEN_NONE;
	}
	return TOKEN_NONE;
}

static const char statement[] = "then do else elseif return = , ; in local goto break :: until while if for repeat";

/* ---- operators ---- */

enum { OR, AND }; /* of these two */

static int precedence(const struct tokens *t, uint32_t i)
{
	static const char *const levels[] = { "or", "and", "< > <= >= ~= ==", "|", "~", "&", "<< >>", "..", "+ -", "* / // %",
					      "not #", "^" };
	for (int l = 0; l < (int)(sizeof levels / sizeof *levels); l++)
		if (!is_kind(t, i, TOKEN_STRING) && token_among(t, i, levels[l]))
			return l;
	return -1;
}

/* Does the value before the operator come from another operator? */
static bool is_result(const struct tokens *t, uint32_t start, uint32_t operator)
{
	return start && precedence(t, start - 1) >= precedence(t, operator);
}

/* The first and the last word of what is on one side of an operator; the last is a name, or the operand has none. */
static void side(struct use *u, unsigned n, uint32_t first, uint32_t last)
{
	u->start[n] = first;
	u->last[n] = last;
	u->name[n] = first != TOKEN_NONE && is_kind(u->t, last, TOKEN_NAME) ? last : TOKEN_NONE;
}

static void right_side(struct use *u, unsigned n, uint32_t first)
{
	if (precedence(u->t, first) >= 0 || token_is(u->t, first, "function"))
		return;
	uint32_t behind_it = behind_operand(u->t, first);
	if (precedence(u->t, behind_it) <= precedence(u->t, u->own) && !token_is(u->t, behind_it, "^"))
		side(u, n, first, behind_it - 1);
}

static void binary(struct use *u, uint32_t operator, bool swapped)
{
	if (!operator || operator >= u->t->n || precedence(u->t, operator) < 0)
		return;
	u->own = operator;
	uint32_t start = operand_start(u->t, operator - 1);
	if (start != TOKEN_NONE && !is_result(u->t, start, operator))
		side(u, swapped, start, operator - 1);
	right_side(u, !swapped, operator + 1);
}

static void arith(struct use *u, const struct spread_at *c, uint32_t at)
{
	(void)c;
	if (token_among(u->t, at, "+ - * / // % ^ & | ~ << >>"))
		binary(u, at, false);
}

/* An instruction for all of a .. b .. c, which is of the last operator; it has as many operands as its B says. */
static void concat(struct use *u, const struct spread_at *c, uint32_t at)
{
	static const char weaker[] = "then do else elseif return = , ; in local until while if and or < > <= >= ~= == | ~ & << >>";
	if (!token_is(u->t, at, ".."))
		return;
	u->own = at;
	for (uint32_t i = lua_b(c->p->code[c->pc]) - 1, op = at; op && op < u->t->n; op = back_to(u->t, op - 1, "..", weaker)) {
		if (i < OPERANDS)
			right_side(u, i, op + 1);
		uint32_t start = operand_start(u->t, op - 1);
		if (i == 1 && start != TOKEN_NONE && !is_result(u->t, start, op))
			side(u, 0, start, op - 1);
		if (!--i)
			break;
	}
}

static void unary(struct use *u, const struct spread_at *c, uint32_t at)
{
	(void)c;
	if (!token_among(u->t, at, "- ~ # not"))
		return;
	u->own = at;
	if (precedence(u->t, at + 1) < 0)
		side(u, 0, at + 1, behind_operand(u->t, at + 1) - 1);
}

/* The instruction is of the last word on the right. Lua writes a > b as b < a. */
static void compare(struct use *u, const struct spread_at *c, uint32_t at)
{
	(void)c;
	uint32_t operator = back_to(u->t, at, "== ~= < > <= >=", statement);
	binary(u, operator, token_among(u->t, operator, "> >="));
}

/* What a constant is equal to is the left side for Lua, whichever it is. */
static void equal_constant(struct use *u, const struct spread_at *c, uint32_t at)
{
	compare(u, c, at);
	for (unsigned i = 0; i < 2; i++)
		if (u->name[i] == TOKEN_NONE)
			u->start[i] = TOKEN_NONE;
}

/* ---- names ---- */

/* The name of a field, whose object is before it; of a global variable, which has none. */
static void of_name(struct use *u, uint32_t key)
{
	u->own = key;
	if (key < 2 || !token_among(u->t, key - 1, ". :"))
		return;
	u->name[1] = u->start[1] = key;
	side(u, 0, operand_start(u->t, key - 2), key - 2);
}

static uint32_t nearest(const struct tokens *t, uint32_t at, const pg_value *key, const char *before, bool wanted)
{
	for (uint32_t i = at; i < t->n; i--) {
		const struct token *k = &t->v[i];
		if (k->kind == TOKEN_NAME && k->n == key->n && !memcmp(k->s, key->str, key->n) &&
		    (i && token_among(t, i - 1, before)) == wanted)
			return i;
	}
	return TOKEN_NONE;
}

static const pg_value *constant(const struct spread_at *c, uint32_t k)
{
	return k < c->p->nk && c->p->k[k].kind == PG_STR ? &c->p->k[k] : NULL;
}

static void field(struct use *u, const struct spread_at *c, uint32_t at)
{
	const pg_value *key = constant(c, lua_c(c->p->code[c->pc]));
	uint32_t i = key ? nearest(u->t, at, key, ". :", true) : TOKEN_NONE;
	if (i != TOKEN_NONE)
		of_name(u, i);
}

static void upvalue_field(struct use *u, const struct spread_at *c, uint32_t at)
{
	const pg_value *key = constant(c, lua_c(c->p->code[c->pc]));
	uint32_t upvalue = lua_b(c->p->code[c->pc]);
	bool global = upvalue < c->p->nupvals && !strcmp(c->p->upvals[upvalue].name, "_ENV");
	uint32_t i = key ? nearest(u->t, at, key, ". :", !global) : TOKEN_NONE;
	if (i != TOKEN_NONE)
		of_name(u, i);
}

static void upvalue(struct use *u, const struct spread_at *c, uint32_t at)
{
	uint32_t i = lua_b(c->p->code[c->pc]);
	if (i >= c->p->nupvals)
		return;
	const char *name = c->p->upvals[i].name;
	u->own = nearest(u->t, at, &(pg_value){ .str = name, .n = (uint32_t)strlen(name) }, ". :", false);
}

static bool is_method(const struct spread_at *c)
{
	return lua_op(c->p->code[c->pc]) == LUA_SELF;
}

static void method(struct use *u, const struct spread_at *c, uint32_t at)
{
	if (is_method(c) && is_kind(u->t, at, TOKEN_NAME) && at && token_is(u->t, at - 1, ":"))
		of_name(u, at);
}

/* object[key] whose last token is the bracket `close` */
static void of_brackets(struct use *u, uint32_t close)
{
	uint32_t open = mate(u->t, close);
	if (open == TOKEN_NONE || open >= close || !open)
		return;
	u->own = open;
	side(u, 0, operand_start(u->t, open - 1), open - 1);
	u->start[1] = open + 1;
	u->name[1] = close == open + 2 && is_kind(u->t, open + 1, TOKEN_NAME) ? open + 1 : TOKEN_NONE;
}

static void element(struct use *u, const struct spread_at *c, uint32_t at)
{
	(void)c;
	while (at < u->t->n && !(token_is(u->t, at, "]") && !is_kind(u->t, at, TOKEN_STRING)))
		at--;
	of_brackets(u, at);
}

/* ---- assignments ---- */

/* Which of several variables at once it is, from 0 for the last, which is assigned first. */
static uint32_t assigned_before(const struct spread_at *c)
{
	uint32_t n = 0;
	for (uint32_t pc = c->pc; pc-- > 0 && c->at[pc] == c->at[c->pc];) {
		enum lua_op op = (enum lua_op)lua_op(c->p->code[pc]);
		n += op == LUA_SETTABUP || op == LUA_SETTABLE || op == LUA_SETI || op == LUA_SETFIELD || op == LUA_SETUPVAL;
	}
	return n;
}

/* What is before the '=' of the value that ends here; of several variables at once those behind which a mere name stands, which
 * may be assigned to by no such instruction, are not told apart. */
static void assign(struct use *u, const struct spread_at *c, uint32_t at)
{
	uint32_t equals = back_to(u->t, at, "= ,", statement);
	while (equals != TOKEN_NONE && equals && token_is(u->t, equals, ","))
		equals = back_to(u->t, equals - 1, "= ,", statement);
	if (equals == TOKEN_NONE || !equals)
		return;
	uint32_t last = equals - 1, first = operand_start(u->t, last);
	for (uint32_t n = assigned_before(c); n; n--) {
		if (first == TOKEN_NONE || first == last || first < 2 || !token_is(u->t, first - 1, ","))
			return;
		last = first - 2;
		first = operand_start(u->t, last);
	}
	if (token_is(u->t, last, "]")) {
		uint32_t open = mate(u->t, last);
		bool item = open != TOKEN_NONE && open && token_among(u->t, open - 1, "{ , ;");
		if (item)
			u->own = open;
		else if (first != TOKEN_NONE && first)
			of_brackets(u, last);
	} else if (first == last) {
		enum lua_op op = (enum lua_op)lua_op(c->p->code[c->pc]);
		u->own = op == LUA_SETTABUP || op == LUA_SETUPVAL || op == LUA_SETFIELD ? last : TOKEN_NONE; /* { name = v } */
	} else if (first != TOKEN_NONE && first) {
		of_name(u, last);
	}
}

/* ---- calls, and what statements begin with ---- */

/* How many calls of the function before this one are of the same word: they are of one chain, a:b():c(). */
static uint32_t calls_before(const struct spread_at *c)
{
	uint32_t n = 0;
	for (uint32_t pc = 0; pc < c->pc; pc++) {
		enum lua_op op = (enum lua_op)lua_op(c->p->code[pc]);
		n += (op == LUA_CALL || op == LUA_TAILCALL) && c->at[pc] == c->at[c->pc];
	}
	return n;
}

/* A call is of its arguments' beginning (Lua 5.4.6), or of the beginning of all of the expression (before). In a
 * table's { f(x), the word behind f is read by then. */
static uint32_t arguments(const struct spread_at *c, uint32_t at)
{
	const struct tokens *t = c->t;
	uint32_t n = calls_before(c), i = at, next;
	if (!is_args(t, at))
		i = behind(t, at);
	for (; i < t->n; i = next) {
		if (is_args(t, i) && !n--)
			return i;
		next = behind_suffix(t, i);
		if (next == i)
			break;
	}
	return TOKEN_NONE;
}

static void call(struct use *u, const struct spread_at *c, uint32_t at)
{
	uint32_t args = arguments(c, at);
	if (args == TOKEN_NONE || !args)
		return;
	u->args = args;
	u->own = operand_start(u->t, args - 1);
	side(u, 0, u->own, args - 1);
	if (u->name[0] != TOKEN_NONE)
		u->own = u->name[0];
}

/* The n-th, from 0, of what stands between commas from i on; TOKEN_NONE: there are fewer before what closes them. */
static uint32_t listed(const struct tokens *t, uint32_t i, unsigned n)
{
	for (; n && i < t->n && !token_among(t, i, ") } ] do"); i = behind(t, i))
		n -= token_is(t, i, ",");
	return n || token_among(t, i, ") } ] do") ? TOKEN_NONE : i;
}

static void loop(struct use *u, const struct spread_at *c, uint32_t at)
{
	u->own = token_is(u->t, at, "for") ? at : back_to(u->t, at - 1, "for", "then do else ;");
	if (u->own == TOKEN_NONE || lua_op(c->p->code[c->pc]) != LUA_FORPREP || !token_is(u->t, u->own + 2, "="))
		return;
	for (unsigned i = 0; i < 3; i++) {
		uint32_t from = listed(u->t, u->own + 3, i);
		uint32_t to = from == TOKEN_NONE ? from : behind_operand(u->t, from);
		u->start[i] = from;
		if (to != TOKEN_NONE && token_among(u->t, to, ", do") && is_kind(u->t, to - 1, TOKEN_NAME))
			u->name[i] = to - 1;
	}
}

static void returns(struct use *u, const struct spread_at *c, uint32_t at)
{
	bool last = c->pc + 1 == c->p->ncode && token_is(u->t, at, "end");
	u->own = last ? at : back_to(u->t, at, "return", "then do else ;");
	if (!last && u->own != TOKEN_NONE)
		u->start[0] = u->own + 1;
}

/* The condition ends before `then`, `do`, `and` or `or`. */
static void test(struct use *u, const struct spread_at *c, uint32_t at)
{
	(void)c;
	if (at && token_among(u->t, at, "then do and or"))
		at--;
	uint32_t start = operand_start(u->t, at);
	if (start != TOKEN_NONE && (!start || precedence(u->t, start - 1) <= AND || token_is(u->t, start - 1, "not")))
		side(u, 0, start, at);
	u->own = u->start[0];
}

static void table(struct use *u, const struct spread_at *c, uint32_t at)
{
	(void)c;
	uint32_t brace = token_is(u->t, at, "}") ? mate(u->t, at) : token_is(u->t, at, "{") ? at : at + 1;
	u->own = token_is(u->t, brace, "{") ? brace : TOKEN_NONE;
}

static void closure(struct use *u, const struct spread_at *c, uint32_t at)
{
	(void)c;
	u->own = token_is(u->t, at, "end") && token_is(u->t, mate(u->t, at), "function") ? mate(u->t, at) : TOKEN_NONE;
}

static void itself(struct use *u, const struct spread_at *c, uint32_t at)
{
	(void)c;
	u->own = token_among(u->t, at, "break ...") ? at : token_is(u->t, at - 1, "goto") ? at - 1 : TOKEN_NONE;
}

typedef void finder(struct use *u, const struct spread_at *c, uint32_t at);

static finder *const finders[LUA_NOPS] = {
	[LUA_ADDI ... LUA_SHR] = arith, [LUA_CONCAT] = concat,
	[LUA_UNM] = unary, [LUA_BNOT] = unary, [LUA_NOT] = unary, [LUA_LEN] = unary,
	[LUA_EQ ... LUA_LE] = compare, [LUA_EQK ... LUA_EQI] = equal_constant, [LUA_LTI ... LUA_GEI] = compare,
	[LUA_GETFIELD] = field, [LUA_GETTABUP] = upvalue_field, [LUA_GETUPVAL] = upvalue, [LUA_SELF] = method,
	[LUA_GETTABLE] = element, [LUA_GETI] = element,
	[LUA_SETTABUP] = assign, [LUA_SETTABLE] = assign, [LUA_SETI] = assign, [LUA_SETFIELD] = assign, [LUA_SETUPVAL] = assign,
	[LUA_CALL] = call, [LUA_TAILCALL] = call,
	[LUA_RETURN] = returns, [LUA_RETURN0] = returns, [LUA_RETURN1] = returns,
	[LUA_FORLOOP] = loop, [LUA_FORPREP] = loop, [LUA_TFORPREP] = loop, [LUA_TFORCALL] = loop, [LUA_TFORLOOP] = loop,
	[LUA_TEST] = test, [LUA_TESTSET] = test,
	[LUA_NEWTABLE] = table, [LUA_SETLIST] = table, [LUA_CLOSURE] = closure,
	[LUA_VARARG] = itself, [LUA_JMP] = itself,
};

static struct use used(const struct spread_at *c)
{
	struct use u = { .t = c->t, .own = TOKEN_NONE, .args = TOKEN_NONE };
	for (unsigned i = 0; i < OPERANDS; i++)
		u.name[i] = u.start[i] = TOKEN_NONE;
	if (c->pc == DIAG_WHOLE) {
		for (u.own = c->first; u.own < c->t->n && !token_is(c->t, u.own, "function");)
			u.own--;
		return u;
	}
	finder *find = finders[lua_op(c->p->code[c->pc])];
	if (find && c->at[c->pc] < c->t->n)
		find(&u, c, c->at[c->pc]);
	return u;
}

/* ---- the message's words ---- */

/* How many tokens from i on are this text, a name or "math.max"; 0: they are not. */
static uint32_t reads(const struct tokens *t, uint32_t i, const char *text, size_t n)
{
	if (is_kind(t, i, TOKEN_STRING))
		return 0;
	for (uint32_t k = 0; i < t->n && t->v[i].n <= n; i++) {
		if (memcmp(t->v[i].s, text, t->v[i].n))
			return 0;
		k++;
		text += t->v[i].n;
		n -= t->v[i].n;
		if (!n)
			return k;
	}
	return 0;
}

/* Where the text begins that ends with token i; TOKEN_NONE: none does. */
static uint32_t ends_with(const struct tokens *t, uint32_t i, const char *text, size_t n)
{
	for (uint32_t from = i, most = 4; i < t->n && from < t->n && i - from <= most; from -= 2)
		if (reads(t, from, text, n) == i - from + 1)
			return from;
	return TOKEN_NONE;
}

/* The text among what the instruction uses, as operand `operand` (from 1; 0: any); TOKEN_NONE: not there, or twice. */
static uint32_t among_used(const struct use *u, const char *text, size_t n, unsigned operand)
{
	uint32_t found = TOKEN_NONE;
	if (operand && operand <= OPERANDS && u->name[operand - 1] != TOKEN_NONE)
		return ends_with(u->t, u->name[operand - 1], text, n);
	const uint32_t places[] = { u->own, u->name[0], u->name[1] };
	for (unsigned i = 0; i < 3; i++) {
		uint32_t at = places[i] == TOKEN_NONE ? TOKEN_NONE : ends_with(u->t, places[i], text, n);
		if (at != TOKEN_NONE && found != TOKEN_NONE && at != found)
			return TOKEN_NONE;
		found = at == TOKEN_NONE ? found : at;
	}
	return found;
}

/* The text in the line's code; TOKEN_NONE: not there, or twice. */
static uint32_t in_line(const struct tokens *t, uint32_t line, const char *text, size_t n)
{
	uint32_t found = TOKEN_NONE;
	for (uint32_t i = 0; i < t->n; i++) {
		if (t->v[i].line != line || !reads(t, i, text, n))
			continue;
		if (found != TOKEN_NONE)
			return TOKEN_NONE;
		found = i;
	}
	return found;
}

/* The constant text of this call; TOKEN_NONE: it is given none, or two. */
static uint32_t in_call(const struct use *u, const char *text, size_t n)
{
	uint32_t from = u->args == TOKEN_NONE ? u->args : u->start[0], found = TOKEN_NONE;
	for (uint32_t i = from; i < u->t->n && i < behind(u->t, u->args); i++) {
		const struct token *s = &u->t->v[i];
		if (s->kind != TOKEN_STRING || s->n != n + 2 || memcmp(s->s + 1, text, n))
			continue;
		if (found != TOKEN_NONE)
			return TOKEN_NONE;
		found = i;
	}
	return found;
}

static uint32_t place_of(const struct use *u, const struct diag *d, const char *text, size_t n)
{
	uint32_t at = n ? among_used(u, text, n, d->operand) : TOKEN_NONE;
	if (at == TOKEN_NONE && n)
		at = in_line(u->t, d->pos.line, text, n);
	return at == TOKEN_NONE && n ? in_call(u, text, n) : at;
}

/* The words of the message, as it says where to look for them, or as it quotes them. */
static uint32_t by_words(const struct use *u, const struct diag *d)
{
	uint32_t at = TOKEN_NONE;
	if (d->at) {
		for (const char *w = d->at; at == TOKEN_NONE && *w; w += strcspn(w, " "), w += *w == ' ')
			at = place_of(u, d, w, strcspn(w, " "));
		return at;
	}
	for (const char *q = strchr(d->text, '\''), *end; at == TOKEN_NONE && q; q = strchr(end + 1, '\'')) {
		end = strchr(q + 1, '\'');
		if (!end)
			break;
		at = place_of(u, d, q + 1, (size_t)(end - q - 1));
		if (at == TOKEN_NONE) /* 'table.concat of such a value' */
			at = place_of(u, d, q + 1, strcspn(q + 1, "' "));
	}
	return at;
}

/* Do messages of this form count the arguments that are written? Of methods, and of string.format as of one, not all do. */
static bool counts_written(const char *text, const char *behind_number)
{
	const char *name = strchr(behind_number, '\''), *end = name ? strchr(name + 1, '\'') : NULL;
	return !strncmp(text, "bad ", 4) || !strncmp(behind_number, " of print ", 10) ||
	       (end && memchr(name, '.', (size_t)(end - name)));
}

/* Of "argument #2 of ...". */
static uint32_t argument(const struct use *u, const char *text)
{
	const char *number = strstr(text, "argument #");
	char *rest = NULL;
	unsigned long n = number ? strtoul(number + strlen("argument #"), &rest, 10) : 0;
	bool method = u->name[0] != TOKEN_NONE && u->name[0] && token_is(u->t, u->name[0] - 1, ":");
	if (!n || n > 255 || method || !counts_written(text, rest) || u->args == TOKEN_NONE)
		return TOKEN_NONE;
	if (!token_is(u->t, u->args, "("))
		return n == 1 ? u->args : TOKEN_NONE;
	return listed(u->t, u->args + 1, (unsigned)n - 1);
}

uint32_t caret_token(const struct spread_at *c, const struct diag *d)
{
	struct use u = used(c);
	bool operand = d->operand && d->operand <= OPERANDS && u.args == TOKEN_NONE;
	const uint32_t places[] = { argument(&u, d->text), by_words(&u, d), operand ? u.start[d->operand - 1] : TOKEN_NONE, u.own };
	for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
		if (places[i] < c->t->n && c->t->v[places[i]].line == d->pos.line)
			return places[i];
	return TOKEN_NONE;
}

int caret_column(void *spread, const struct diag *d, const char *line)
{
	struct spread_at c;
	enum spread_found found = spread_find(spread, &d->pos, &c);
	if (found != SPREAD_FOUND)
		return found == SPREAD_UNKNOWN ? CARET_UNKNOWN : CARET_NONE;
	uint32_t i = caret_token(&c, d);
	if (i == TOKEN_NONE)
		return CARET_NONE;
	const struct token *t = &c.t->v[i];
	bool there = t->column < strlen(line) && (t->line < t->end_line || !strncmp(line + t->column, t->s, t->n));
	return there ? (int)t->column : CARET_NONE;
}

/* ---- what an operation is written as ---- */

/* Longer operands are no line to show. */
enum { LONGEST_SIDE = 40 };

static const char *text_of(struct arena *a, const struct tokens *t, uint32_t first, uint32_t last)
{
	if (first >= t->n || last >= t->n || t->v[first].line != t->v[last].end_line)
		return NULL;
	size_t n = (size_t)(t->v[last].s + t->v[last].n - t->v[first].s);
	return n <= LONGEST_SIDE ? arena_printf(a, "%.*s", (int)n, t->v[first].s) : NULL;
}

static bool is_constant(const struct tokens *t, uint32_t i)
{
	return is_kind(t, i, TOKEN_STRING) || is_kind(t, i, TOKEN_NUMBER) || token_among(t, i, "true false nil");
}

bool caret_written(void *spread, const struct diag *d, struct arena *a, struct diag_sides *out)
{
	struct spread_at c;
	struct use u = { .own = TOKEN_NONE, .args = TOKEN_NONE, .start = { TOKEN_NONE, TOKEN_NONE } };
	if (spread_find(spread, &d->pos, &c) != SPREAD_FOUND || c.pc == DIAG_WHOLE || c.at[c.pc] >= c.t->n)
		return false;
	enum lua_op op = (enum lua_op)lua_op(c.p->code[c.pc]);
	bool by_constant = op >= LUA_EQK && op <= LUA_EQI;
	u.t = c.t;
	if (op >= LUA_ADDI && op <= LUA_SHR)
		arith(&u, &c, c.at[c.pc]);
	else if (op >= LUA_EQ && op <= LUA_GEI)
		compare(&u, &c, c.at[c.pc]);
	if (u.start[0] == TOKEN_NONE || u.start[1] == TOKEN_NONE)
		return false;
	const bool swapped = by_constant && u.start[0] == u.last[0] && is_constant(u.t, u.start[0]);
	for (unsigned i = 0; i < 2; i++)
		out->operand[swapped ? !i : i] = text_of(a, u.t, u.start[i], u.last[i]);
	out->operator = text_of(a, u.t, u.own, u.own);
	return out->operand[0] && out->operand[1] && out->operator;
}
