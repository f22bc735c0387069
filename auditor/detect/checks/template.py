"""`template`: the value stands for another one: `<password>`, `${VAR}`, `{{ .Password }}`, `process.env.X`, `%s`."""

from __future__ import annotations

from auditor import lazy
from auditor.detect.candidate import Candidate, Verdict

_ANYWHERE = lazy.compile(
    rb"\$\{[^{}]{0,120}\}?|\$\(|\$\{\{|\{\{|\}\}|<%|%>|%\([A-Za-z_]{1,60}(?:\)s|\Z)|#\{|<\$|@@[A-Z_]{1,60}@@"
    rb"|\bprocess\.env\b|\bos\.(?:environ|getenv)\b|\bgetenv\(|\benviron\[|\bENV[.\[]|\benv\(|\bimport\.meta\.env\b"
    rb"|\bos\.(?:Getenv|LookupEnv)\b|^[\"'`]\s{0,3}(?:\+|\|\||\.)\s{0,3}[A-Za-z_(]"
    rb"|^(?:\.|\[\^[^\]]{1,20}\])[*+](?:[/|#,)\\?\"'$]|\Z)"  # what `sed` looks for
    rb"|\bDeno\.env\b|\bBun\.env\b|\bSystem\.getenv\b|\bsecrets\.[A-Z_a-z]|\burlescape\("
)
_WHOLE = lazy.compile(
    rb"<[^<>]{0,120}>?|\[[A-Za-z][A-Za-z _-]{0,60}\]?|\{[A-Za-z_$:. -]{0,80}\}?|\(.{0,80}\)"
    rb"|\$[A-Za-z_][A-Za-z0-9_]{0,80}|\$env:[A-Za-z_][A-Za-z0-9_]{0,80}|\$[0-9@*#?]|%[A-Za-z_]{1,60}%|[^\x00-\x7f][A-Z0-9_]{1,60}%|%[sdqv]|\?|\$\$?|!"
    rb"|:[a-z_][A-Za-z0-9_]{0,60}|@[A-Za-z_]{1,60}|&[a-z_]{1,40}|__[A-Za-z_]{1,60}__|[A-Z][A-Z0-9]{0,40}(?:_[A-Z0-9]{1,40}){1,8}"
    rb"|(?:var|local|data|self|this|config|cfg|settings|options|opts|params|args|env|props|ctx|req|res|credentials|creds"
    rb"|secrets?|input|process|os|module|each|request|response|event|row|record|user|account|conn|connection|client)"
    rb"(?:\??\.[A-Za-z_][A-Za-z0-9_]{0,60}){1,8}(?:[(\[].{0,80})?"
    rb"|op://.{1,200}|vault:.{1,200}|arn:aws:(?:secretsmanager|ssm):.{1,200}|@Microsoft\.KeyVault.{0,200}|ssm:.{1,120}"
    rb"|env(?:ironment)?[:(].{1,120}|\{env:.{1,80}|file:.{1,200}|/(?:run|etc|var)/secrets?/.{1,200}|keyring:.{1,80}"
)
_ASKING = lazy.compile(
    rb"(?i)(?:^|[-_ .])(?:your|the|some|insert|replace|enter|put|paste|use|add|change|set)[-_ ]?"
    rb"(?:own|real|actual|new|db|database|neon|api|access|auth|bearer|secret|user|role|strong|secure|super|random|service"
    rb"|project|client|test)?[-_ ]?(?:password|passwd|pass|pwd|key|token|secret|value|here|credential)s?"
    rb"|[-_ ](?:goes[-_ ])?here$|^(?:insert|replace|enter|your)[-_ ]"
    rb"|^neon_(?:api|org|project)_|change[-_]?me|placeholder|example|^dummy|^fake[-_]|^sample|^mock[-_]"
)


def check(candidate: Candidate) -> Verdict | None:
    """HOLD what a program or a reader is to fill in. (`%DB_PASSWORD%` also as percent decoding mangles it.)"""
    secret = candidate.secret
    if _ANYWHERE.search(secret) or _WHOLE.fullmatch(secret) or _ASKING.search(secret):
        return Verdict.HOLD
    return None
