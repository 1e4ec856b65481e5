"""What the service's worker holds of one partnership and epoch to make a hosted side's tokens."""

from dataclasses import dataclass

from service.crypto import EvidenceKey, OuterKey, PairKeys, TokenKey
from service.matching.kinds import KeyKind


@dataclass(frozen=True, slots=True)
class LinkKeys:
    """The keys of one partnership and epoch that the service's worker holds for a hosted side: inner, outer, normaliser."""

    pair: PairKeys
    outer: OuterKey
    normaliser: str

    def token_key(self, kind: KeyKind) -> TokenKey:
        return self.pair.token_key(kind.value, self.normaliser)

    def evidence_key(self, kind: KeyKind) -> EvidenceKey:
        return self.pair.evidence_key(kind.value, self.normaliser)
