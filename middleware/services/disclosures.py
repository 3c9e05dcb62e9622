"""Disclosures: a custodian says for whom an omnibus account holds; the ledger keeps the root, SQL the clients."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from middleware import clock, ids, merkle, policy, relay
from middleware.auth import Principal
from middleware.errors import Error
from middleware.mirror import Fact, Rows, on
from middleware.models.disclosure import DisclosedClient, Disclosure
from middleware.models.instrument import Instrument
from middleware.models.submission import Submission
from middleware.services import accounts, holdings, submissions
from middleware.services.pages import Listing, Page, Row, listing
from middleware.services.recording import keepers, recorded
from middleware.services.submissions import Intent

MOST_CLIENTS = 5_000
PUBLISH = "disclosure:publish"


@dataclass(frozen=True, slots=True)
class Client:
    """One client's part, by the custodian's own name for him."""

    client: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """A client's part under the root; the salt (hexadecimal) keeps others from guessing it."""

    client: str
    quantity: int
    salt: str

    def texts(self, n: int) -> list[str]:
        """The leaf as the tree hashes it."""
        return [str(n), self.client, str(self.quantity), self.salt]


def tree(leaves: Sequence[Leaf]) -> merkle.Tree:
    """The tree whose root a disclosure publishes."""
    return merkle.Tree(merkle.DISCLOSURE, (leaf.texts(n) for n, leaf in enumerate(leaves)))


def publish(
    session: Session,
    principal: Principal,
    intent: Intent,
    *,
    account: str,
    instrument: str,
    as_of: str,
    clients: Sequence[Client],
) -> Submission:
    """Sign and publish the split of an account. The clients are stored in the commit that stores the command."""
    _check(session, principal, account, instrument, clients)
    first = submissions.first_args(session, principal.party, intent, PUBLISH)
    reference = ids.reference(principal.party, intent.id)
    leaves = _leaves(session, reference) if first else [_salted(client) for client in clients]
    if first and [(leaf.client, leaf.quantity) for leaf in leaves] != [(one.client, one.quantity) for one in clients]:
        raise Error("duplicate", f"{intent.id} was used for another disclosure", reason="id", field="Idempotency-Key")
    args = {"account": account, "instrument": instrument, "as_of": as_of, "root": tree(leaves).root}
    numbers = {"total": str(sum(leaf.quantity for leaf in leaves)), "clients": str(len(leaves))}
    submission = submissions.send(session, principal, intent, PUBLISH, {**args, **numbers})
    if not first:
        session.add_all(DisclosedClient(disclosure=reference, n=n, **asdict(leaf)) for n, leaf in enumerate(leaves))
    session.commit()
    relay.push(session)
    return submission


def _check(session: Session, principal: Principal, account: str, instrument: str, clients: Sequence[Client]) -> None:
    row = accounts.show(session, principal, account)
    if row["custodian"] != principal.party:
        raise Error("forbidden", f"the account {account} is not kept by {principal.party}", reason="owner")
    if row["kind"] != "omnibus":
        raise Error("invalid", f"the account {account} is not omnibus but {row['kind']}", reason="account")
    if session.get(Instrument, instrument) is None:
        raise Error("not_found", f"there is no instrument {instrument}", reason="instrument", field="instrument")
    names = [one.client for one in clients]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise Error("invalid", f"the client {twice!r} stands in it twice", reason="clients", field="clients")
    total = sum(one.quantity for one in clients)
    held = holdings.held(session, instrument=instrument, account=account)
    if total > held:
        message = f"the clients add up to {total}, but the account holds {held} {instrument}"
        raise Error("invalid", message, reason="total", field="clients")


def index(session: Session, principal: Principal, *, page: Page, account: str = "", instrument: str = "") -> Listing:
    """Disclosures that the principal may see, newest first."""
    query = select(*_COLUMNS).where(policy.visible(principal, Disclosure))
    if account:
        query = query.where(Disclosure.account == account)
    if instrument:
        query = query.where(Disclosure.instrument == instrument)
    return listing(session, query, Disclosure.ordinal, page=page, descending=True)


def show(session: Session, principal: Principal, id: str) -> Row:
    """One disclosure with its clients."""
    query = select(*_COLUMNS).where(Disclosure.id == id, policy.visible(principal, Disclosure))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise Error("not_found", f"there is no disclosure {id}", reason="disclosure")
    parts = [{"n": n, "client": leaf.client, "quantity": leaf.quantity} for n, leaf in enumerate(_leaves(session, id))]
    return {**row, "parts": parts}


def proof(session: Session, principal: Principal, id: str, n: int) -> Row:
    """What one client needs to see that he is in a disclosure: his leaf, the way up, and the root on the ledger."""
    row = show(session, principal, id)
    leaves = _leaves(session, id)
    if n >= len(leaves):
        raise Error("not_found", f"the disclosure {id} has no client number {n}", reason="client")
    steps = [asdict(step) for step in tree(leaves).proof(n)]
    return {"disclosure": id, "n": n, **asdict(leaves[n]), "steps": steps, "root": row["root"], "block": row["block"]}


def latest(session: Session, instrument: str, accounts: Sequence[str], *, until: int) -> dict[str, Row]:
    """Account → its last disclosure of an instrument before an ordinal, with the clients: for the register."""
    said = (Disclosure.account.in_(accounts), Disclosure.instrument == instrument, Disclosure.ordinal < until)
    last = select(func.max(Disclosure.ordinal)).where(*said).group_by(Disclosure.account)
    found = session.execute(select(*_COLUMNS).where(Disclosure.ordinal.in_(last))).mappings()
    return {row["account"]: {**row, "parts": _leaves(session, row["id"])} for row in found}


@on("DisclosurePublished")
def mirror_published(fact: Fact, rows: Rows) -> None:
    """A custodian's statement; the next one of the same account and instrument takes its place on the register."""
    row = {name: fact[name] for name in ("custodian", "account", "instrument", "root")}
    row |= {"id": fact["disclosure"], "as_of": clock.parse(fact["as_of"])}
    row |= {name: int(fact[name]) for name in ("total", "clients")}
    rows.put(Disclosure, {**row, **recorded(fact, rows)})
    instrument = rows.get(Instrument, fact["instrument"])
    issuer = {instrument["issuer"]} if instrument else set()
    rows.event(fact, "disclosure", fact["disclosure"], {*keepers(rows, fact["account"]), *issuer})
    rows.event(fact, "register", fact["instrument"], {*issuer, "@custodian"})


def _salted(client: Client) -> Leaf:
    return Leaf(client.client, client.quantity, ids.token(16).hex())


def _leaves(session: Session, id: str) -> list[Leaf]:
    query = select(DisclosedClient).where(DisclosedClient.disclosure == id).order_by(DisclosedClient.n)
    return [Leaf(row.client, row.quantity, row.salt) for row in session.scalars(query)]


_COLUMNS = (
    Disclosure.ordinal,
    Disclosure.id,
    Disclosure.custodian,
    Disclosure.account,
    Disclosure.instrument,
    Disclosure.as_of,
    Disclosure.root,
    Disclosure.total,
    Disclosure.clients,
    Disclosure.kid,
    Disclosure.held,
    Disclosure.block,
    Disclosure.transaction,
    Disclosure.at,
)
