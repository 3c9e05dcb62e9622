"""Puts another chaincode program in place of the one that runs, while everybody goes on working.

The new processes run beside the old ones, at each organisation's other port, until the definition that names them is in
force and endorsed with. Only then do the old ones stop. What was endorsed by the old and not yet committed is void by
then, because it has read the former definition: whoever sent it has it endorsed anew.

Broken off at any point, the same again goes on from there. `Following` is the starter's part in it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic

from network.errors import NetworkError
from network.kind import Kind
from network.native import approved, deploying, deployment, lifecycle, package, probe
from network.native.command import Administrator, together
from network.native.deployment import Deployed
from network.native.network import Network
from network.supervisor import last_words
from network.topology import Organisation

_SERVE_SECONDS = 10.0
_ENDORSE_SECONDS = 60.0
_STOP_SECONDS = 20.0
Say = Callable[[str], None]
Wait = Callable[[], None]
Trial = Callable[[Network, Organisation, Deployed], str]


@dataclass(frozen=True)
class Plan:
    """What an upgrade would do: `next` is `now` where there is nothing but to finish."""

    network: Network
    now: Deployed
    next: Deployed
    present: tuple[Administrator, ...]
    away: Mapping[str, str]

    @property
    def is_new(self) -> bool:
        return self.next.sequence != self.now.sequence

    @property
    def is_done(self) -> bool:
        """Whether nothing is to be finished either."""
        return self.network.deployment() == (self.next,) and self.network.health().is_whole

    def __str__(self) -> str:
        if self.is_done:
            return f"nothing to upgrade: every organisation runs {_named(self.now)}"
        if not self.is_new:
            return f"every organisation is to run {_named(self.now)}, which is in force"
        names = " and ".join(each.organisation.id for each in self.present)
        return f"{_named(self.now)} is in force; {names} would approve {_named(self.next)}"


def refuse_containers(network: Network) -> None:
    """There the program is an image's."""
    if network.kind is not Kind.NATIVE:
        raise NetworkError("the chaincode of this network is in its containers' image: start them with another one")


def look(network: Network) -> Plan:
    """What is to be done; raises NetworkError where nothing can be."""
    organisations, _ = network.administrators()
    told = list(zip(organisations, together(partial(_sequence, each) for each in organisations), strict=True))
    present = tuple(each for each, one in told if isinstance(one, int))
    away = {each.organisation.id: str(one) for each, one in told if not isinstance(one, int)}
    sequence = max((one for _, one in told if isinstance(one, int)), default=0)
    if not sequence:
        raise NetworkError(f"no peer answers for the chaincode yet: {_reasons(away) or 'the network is being made'}")
    now = deployment.in_force(network.layout, network.deployment(), sequence)
    wanted = network.built()
    plan = Plan(network, now, now if now.program == wanted else _next(network, now, wanted), present, away)
    if plan.is_new and len(present) < (needed := network.topology.approvals):
        raise NetworkError(f"{needed} organisations must approve, {len(present)} can: {_reasons(away)}")
    return plan


def run(network: Network, say: Say, trial: Trial, wait: Wait) -> None:
    """Do it.

    `trial` asks a new process for its version; `wait` passes a moment, and raises when the starter has ended.
    """
    with deployment.held(network.layout):
        plan = look(network)
        if plan.is_done:
            say(str(plan))
            return
        if plan.is_new:
            _begin(plan, say, wait)
            _refuse_untried(plan, say, trial)
            say(f"installing, approving and committing {_named(plan.next)}")
            deploying.put(plan.present, plan.next, [each.organisation.id for each in plan.present])
        _until_endorsed(plan, say, wait)
        _end(plan, say, wait)


def _next(network: Network, now: Deployed, wanted: str) -> Deployed:
    """The definition after the one in force: what an earlier attempt began, or served by processes that still run."""
    known, sequence = network.deployment(), now.sequence + 1
    begun = [each for each in known if each.sequence == sequence and each.program == wanted]
    if begun:
        return begun[0]
    made = deployment.version(network.topology, wanted)
    running = [each for each in known if each.sequence < now.sequence and each.program == wanted]
    if running:
        return replace(running[0], sequence=sequence, version=made)
    return Deployed(sequence, made, now.endorsement, wanted, package=sequence, slot=1 - now.slot)


def _begin(plan: Plan, say: Say, wait: Wait) -> None:
    """Have the starter run the new processes beside the old ones, and wait until all of them serve."""
    network, new = plan.network, plan.next
    if not any(new.runs_as(each) for each in network.deployment()):
        deployment.write(network.layout, (plan.now,))
        _until_free(plan, wait)
        approved.keep(network.layout, network.chaincode)
        for organisation in network.topology.organisations:
            package.write(network.topology, network.layout, organisation, new.package, new.slot)
    deployment.write(network.layout, (plan.now, new))
    say(f"starting {_named(new)} beside {_named(plan.now)}")
    try:
        _until_serving(plan, wait)
    except NetworkError:
        deployment.write(network.layout, (plan.now,))
        raise


def _until_free(plan: Plan, wait: Wait) -> None:
    """Ports that a given-up attempt had become free; somebody else's do not."""
    every = plan.network.topology.organisations
    ports = {f"{each.chaincode.name}, upgraded": each.chaincode.ports[plan.next.slot] for each in every}
    _until(lambda: all(probe.is_free(port) for port in ports.values()), _STOP_SECONDS / 4, wait)
    probe.refuse_taken(ports)


def _until_serving(plan: Plan, wait: Wait) -> None:
    """Whoever is away may have no process either."""
    organisations = plan.network.topology.organisations
    for organisation, process in zip(organisations, plan.network.chaincodes_of(plan.next), strict=True):
        if organisation.id not in plan.away and not _until(process.ready or (lambda: True), _SERVE_SECONDS, wait):
            raise NetworkError(
                f"the new program does not serve as {process.name}, so nothing is committed and the former goes on."
                f" Its last words ({process.log}):\n{last_words(process)}"
            )


def _refuse_untried(plan: Plan, say: Say, trial: Trial) -> None:
    for organisation in plan.network.topology.organisations:
        if organisation.id in plan.away:
            continue
        try:
            said = trial(plan.network, organisation, plan.next)
        except NetworkError as error:
            deployment.write(plan.network.layout, (plan.now,))
            raise NetworkError(
                f"the new program of {organisation.id} does not answer as it should, so nothing is committed and the"
                f" former goes on: {error}"
            ) from error
        say(f"{organisation.id}: {said}")


def _until_endorsed(plan: Plan, say: Say, wait: Wait) -> None:
    """Until everybody who is not away endorses by the definition in force; if nobody can, back to the former."""
    say("waiting for the organisations to endorse")
    if _until(lambda: _endorsed(plan, say), _ENDORSE_SECONDS, wait):
        return
    found = plan.network.health()
    if plan.is_new and not found.works:
        _back(plan, say, wait, str(found))
    raise NetworkError(f"not everybody endorses {_named(plan.next)}: {found}. Type again: lonja upgrade")


def _endorsed(plan: Plan, say: Say) -> bool:
    told = together(partial(_sequence, each) for each in plan.present)
    if any(not isinstance(one, int) or one < plan.next.sequence for one in told):
        return False
    found = plan.network.health()
    deploying.admit_late(plan.present, found.silent, plan.next, say)
    return found.works and not (found.silent.keys() - plan.away.keys())


def _back(plan: Plan, say: Say, wait: Wait, problem: str) -> None:
    """The former program under the next sequence: its processes still run."""
    say(f"the ledger stands still with {_named(plan.next)}: going back")
    back = replace(plan.now, sequence=plan.next.sequence + 1)
    deployment.write(plan.network.layout, (plan.next, back))
    deploying.put(plan.present, back, [each.organisation.id for each in plan.present])
    returned = replace(plan, now=plan.next, next=back)
    _until(lambda: _endorsed(returned, say), _ENDORSE_SECONDS, wait)
    _end(returned, say, wait)
    raise NetworkError(f"the new program did not endorse, the former is in force again: {problem}")


def _end(plan: Plan, say: Say, wait: Wait) -> None:
    """The old processes are not needed any more."""
    network = plan.network
    former = [each for each in network.deployment() if not each.runs_as(plan.next)]
    old = [process for each in deployment.processes(tuple(former)) for process in network.chaincodes_of(each)]
    deployment.write(network.layout, (plan.next,))
    if not _until(lambda: not any(each.ready and each.ready() for each in old), _STOP_SECONDS, wait):
        raise NetworkError(f"the former processes do not stop: {', '.join(each.name for each in old)}")
    say(f"{_named(plan.next)} is in force")
    for id in plan.away:
        say(f"{id} was away; when it is back it approves by the next start or by another: lonja upgrade")


def _sequence(administrator: Administrator) -> int | NetworkError:
    try:
        return lifecycle.committed(administrator)
    except NetworkError as error:
        return error


def _until(true: Callable[[], bool], seconds: float, wait: Wait) -> bool:
    deadline = monotonic() + seconds
    while not true():
        if monotonic() > deadline:
            return False
        wait()
    return True


def _reasons(away: Mapping[str, str]) -> str:
    return "; ".join(f"{id} is away ({why})" for id, why in away.items())


def _named(deployed: Deployed) -> str:
    return f"program {approved.short(deployed.program)} (sequence {deployed.sequence})"
