"""Ask the database itself whether every table is protected, whoever made it.

`findings` is what tests and `commonground migrate --check` run after the migrations: a table that a later migration forgets to
protect is found by its absence from `UNSCOPED_TABLES`.
"""

import re

import asyncpg

from service.db.names import APP_ROLE, MATCHER_ROLE
from service.db.unscoped import UNSCOPED_TABLES

_UNPROTECTED = """
SELECT format('table %I: row-level security must be enabled and forced, or the table named in UNSCOPED_TABLES', c.relname)
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'f')
   AND NOT (c.relrowsecurity AND c.relforcerowsecurity) AND NOT c.relname = ANY($1)
"""

_ELSEWHERE = """
SELECT format('table %I.%I: stands outside the schema that this looks at', n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname NOT IN ('public', 'information_schema') AND n.nspname !~ '^pg_'
"""

_NO_POLICY = """
SELECT format('table %I: has row-level security but no policy, so nobody can use it', c.relname)
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relrowsecurity
   AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
"""

_HALF_POLICY = """
SELECT format('policy %I on %I: needs USING and WITH CHECK, each where its command knows it', policyname, tablename)
  FROM pg_policies WHERE schemaname = 'public'
   AND ((cmd <> 'INSERT' AND qual IS NULL) OR (cmd IN ('ALL', 'INSERT', 'UPDATE') AND with_check IS NULL))
"""

_POLICIES = """
SELECT policyname, tablename, part.expression
  FROM pg_policies, LATERAL (VALUES (qual), (with_check)) AS part(expression)
 WHERE schemaname = 'public' AND expression IS NOT NULL
"""
_MATCH = re.compile(
    r"\(?\w+ = \(NULLIF\(current_setting\('app\.(?:org_id|partnership_id|person_id|invitation|inviter)'::text, true\), ''::text\)\)::uuid\)?"
)
"""A column equal to the tenant, the partnership, the person or the shown invitation of the transaction, as PostgreSQL writes it back."""

_SUBQUERY = """
SELECT format('policy %I on %I: has a subquery, which a sharded server refuses', policyname, tablename)
  FROM pg_policies WHERE schemaname = 'public' AND concat_ws(' ', qual, with_check) ~* '\\mselect\\M'
"""

_FOR_EVERYBODY = """
SELECT format('policy %I on %I: holds for every role; name the one that it is for', p.polname, p.polrelid::regclass)
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = 'public'::regnamespace AND 0 = ANY (p.polroles)
"""

_PUBLIC = """
SELECT format('%I: granted to PUBLIC', c.relname)
  FROM pg_class c, aclexplode(c.relacl) a WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = 0
UNION ALL
SELECT format('%I.%I: granted to PUBLIC', c.relname, t.attname)
  FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid, aclexplode(t.attacl) a
 WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = 0
UNION ALL
SELECT format('schema public: %s may create in it', CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
  FROM pg_namespace n, aclexplode(n.nspacl) a
 WHERE n.nspname = 'public' AND a.privilege_type = 'CREATE' AND (a.grantee = 0 OR a.grantee::regrole::text = ANY($1))
"""

_PAST_POLICIES = """
SELECT format('table %I: %I has %s on it, which goes past policies', c.relname, a.grantee::regrole, a.privilege_type)
  FROM pg_class c, aclexplode(c.relacl) a
 WHERE c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner AND a.grantee::regrole::text = ANY($1)
   AND a.privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'USAGE')
"""

_SEQUENCES = """
SELECT format('sequence %I: numbers rows of every tenant of %I, so that one tells how many the others make', s.relname, c.relname)
  FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_class c ON c.oid = d.refobjid
 WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
   AND c.relnamespace = 'public'::regnamespace AND c.relrowsecurity
"""

_ROLES_BOUND = """
SELECT format('table %I: owned by %I, whose sessions policies would not bind', c.relname, c.relowner::regrole)
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
   AND c.relowner::regrole::text = ANY($1)
"""

_VIEWS = """
SELECT format('view %I: needs security_invoker = true, or it reads with its owner''s rights', c.relname)
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
   AND NOT coalesce((SELECT option_value::boolean FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker'), false)
UNION ALL
SELECT format('materialized view %I: holds rows past every policy', c.relname)
  FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'm'
"""

_DEFINERS = """
SELECT format('function %I: SECURITY DEFINER without a fixed search_path', p.proname)
  FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
   AND NOT EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%')
UNION ALL
SELECT format('function %I: SECURITY DEFINER, and whoever likes may call it', p.proname)
  FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
   AND (p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) a WHERE a.grantee = 0))
UNION ALL
SELECT format('function %I: LEAKPROOF, so that it may see rows before their policy does', p.proname)
  FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proleakproof
"""

_UNIQUE_KEYS = """
SELECT format('index %I on %I: a unique key must begin with the tenant or the partnership, or its errors tell one tenant of another',
              i.indexrelid::regclass, c.relname)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
 WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity AND i.indisunique
   AND NOT a.attname = ANY(ARRAY['org_id', 'partnership_id']) AND NOT (c.relname = 'partnership' AND a.attname = 'id')
"""

_FOREIGN_KEYS = """
SELECT format('foreign key %I on %I: must begin with the tenant or the partnership and stay inside it, since its check goes past every policy',
              k.conname, c.relname)
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity AND k.contype = 'f'
   -- the directory, which every session reads anyhow
   AND k.confrelid IS DISTINCT FROM to_regclass('public.organization')
   AND NOT EXISTS (SELECT FROM pg_attribute mine, pg_attribute theirs
                    WHERE mine.attrelid = k.conrelid AND mine.attnum = k.conkey[1]
                      AND theirs.attrelid = k.confrelid AND theirs.attnum = k.confkey[1]
                      AND (mine.attname, theirs.attname) IN (('org_id', 'org_id'), ('partnership_id', 'partnership_id'), ('partnership_id', 'id'))
                      AND (theirs.attname <> 'id' OR k.confrelid = to_regclass('public.partnership')))
"""

_STALE_LIST = """
SELECT format('UNSCOPED_TABLES names %I, which the database doesn''t have or protects', listed)
  FROM unnest($1::text[]) AS listed
 WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relname = listed AND NOT c.relrowsecurity)
"""


async def findings(driver: asyncpg.Connection) -> list[str]:
    """Name every table, policy, view, function or key of the schema that would let one tenant see another; empty is well."""
    unscoped, roles = list(UNSCOPED_TABLES), [APP_ROLE, MATCHER_ROLE]
    questions: list[tuple[str, tuple[list[str], ...]]] = [
        (_UNPROTECTED, (unscoped,)),
        (_ELSEWHERE, ()),
        (_NO_POLICY, ()),
        (_HALF_POLICY, ()),
        (_SUBQUERY, ()),
        (_FOR_EVERYBODY, ()),
        (_PUBLIC, (roles,)),
        (_PAST_POLICIES, (roles,)),
        (_SEQUENCES, ()),
        (_ROLES_BOUND, (roles,)),
        (_VIEWS, ()),
        (_DEFINERS, ()),
        (_UNIQUE_KEYS, ()),
        (_FOREIGN_KEYS, ()),
        (_STALE_LIST, (unscoped,)),
    ]
    found = [row[0] for question, values in questions for row in await driver.fetch(question, *values)]
    return found + [
        f"policy {policy} on {table}: may hold for a row that isn't of the transaction's tenant, partnership or person"
        for policy, table, expression in await driver.fetch(_POLICIES)
        if not is_bound(expression)
    ]


def is_bound(expression: str) -> bool:
    """Whether a policy can only hold where a column matches: one side of every AND does, and both of every OR."""
    return _is_bound(" ".join(_MATCH.sub("(matches)", expression).split()))


def _is_bound(text: str) -> bool:
    text = _bare(text)
    for word, needs in ((" OR ", all), (" AND ", any)):
        parts = _split(text, word)
        if len(parts) > 1:
            return needs(map(_is_bound, parts))
    return text == "matches"


def _bare(text: str) -> str:
    """Without the brackets around the whole."""
    while text.startswith("(") and _close(text) == len(text) - 1:
        text = text[1:-1]
    return text


def _close(text: str) -> int:
    """Where the bracket closes that the text begins with."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if not depth:
            return place
    return -1


def _split(text: str, word: str) -> list[str]:
    """The parts between a word that stands outside all brackets."""
    parts, depth, begun = [], 0, 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if not depth and text.startswith(word, place):
            parts.append(text[begun:place])
            begun = place + len(word)
    return [*parts, text[begun:]]
