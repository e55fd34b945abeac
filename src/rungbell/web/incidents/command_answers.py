"""What the API answers about the command of an incident, as models.

May import: ``domain``, ``wire.view``, pydantic.
"""

from pydantic import Field

from rungbell.domain.command.record import Role
from rungbell.domain.incident import Phase
from rungbell.domain.policy import Tier
from rungbell.web.wire.view import Moment, PersonId, View


class RoleView(View):
    """Who holds a role, since when."""

    role: Role
    person: PersonId | None = Field(description="null: nobody.")
    tier: Tier | None
    since: Moment | None
    shift_ends_at: Moment | None = Field(description="When their shift ends, where that is within two days.")


class ImpactView(View):
    """What people say of the harm; an empty text: nobody has said so yet."""

    clients_affected: str = Field(description="How many, or who, in words.")
    clients: list[str] = Field(description="Those of the configuration that are affected, by id.")
    scope: str = Field(description="Partial or complete.")
    functionality: str
    metric: str = Field(description="What tells how bad it is: an error rate, the depth of a queue.")
    technicians: str
    business: str = Field(description="For executives: revenue, an estimate.")
    sla: str = Field(description="Whether a promise to clients is broken, or will be.")
    containment: str
    workaround: str
    expected_resolution: str
    cause: str
    plain_cause: str = Field(description="The cause for clients, not technical.")
    resolution: str
    next_steps: str
    condition: str = Field(description="For executives: what would need them to act.")
    client_impacting: bool | None = Field(description="Whether clients feel it; null: as the severity has it.")
    clients_asked: bool = Field(description="A client wants to be told.")
    impact_started_at: Moment | None = Field(description="When the harm began, as people say.")


class RecipeView(View):
    """What helps against such incidents; for people to read, never executed."""

    name: str
    text: str
    commands: list[str]


class RemedyView(View):
    """What removes one kind of cause, and how one sees that it did."""

    cause: str
    fix: str
    validation: str


class CommandView(View):
    """Who leads, where they meet, and what they say of the harm."""

    declared_at: Moment | None
    declared_by: PersonId | None
    owner: PersonId | None = Field(description="Who answers for it: the commander, else whoever acknowledged it.")
    war_room: str | None = Field(description="The name of the channel in which it is fought.")
    bridge_url: str | None = Field(description="The call, where the configuration has one for its severity.")
    roles: list[RoleView] = Field(description="All of them, those that nobody holds included.")
    impact: ImpactView
    recipes: list[RecipeView] = Field(description="Those for containment that fit its alerts.")


class LineView(View):
    """A line of a checklist, and who attests it since when."""

    id: str = Field(description="What `tick` takes.")
    text: str
    then: str = Field(description="Of a question: what a yes leads to.")
    ticked_by: PersonId | None
    ticked_at: Moment | None


class ChecklistView(View):
    """A checklist of the playbook, as it stands for one incident."""

    name: str
    title: str
    phase: Phase | None = Field(description="When it is gone through; null: at any time.")
    lines: list[LineView]
    otherwise: str = Field(description="What no to every question leads to.")


class Checklists(View):
    """Every checklist, in the order of the work."""

    phase: Phase = Field(description="Where the work stands.")
    checklists: list[ChecklistView]


class RecipeList(View):
    """What has helped before; for people to read, never executed."""

    containment: list[RecipeView] = Field(description="Those that fit the incident's alerts.")
    eradication: list[RemedyView] = Field(description="All of them: the cause is for people to find.")
