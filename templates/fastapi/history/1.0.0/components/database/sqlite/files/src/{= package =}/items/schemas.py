"""What clients send and receive about items."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

# What the columns can hold: anything beyond is refused here, not by the database.
BIGINT_MAX = 2**63 - 1
INTEGER_MAX = 2**31 - 1

ItemId = Annotated[int, Field(ge=1, le=BIGINT_MAX)]


def refuse_conversion(value: object) -> object:
    """Refuse what Pydantic would turn into an integer, but a JSON schema does not call one.

    Strict mode would go too far: it also refuses 1.0.
    """
    if isinstance(value, bool | str):
        message = "Input should be a valid integer"
        raise ValueError(message)  # noqa: TRY004
    return value


class ItemWrite(BaseModel):
    """An item as a client describes it."""

    model_config = ConfigDict(extra="forbid")

    # One line of text.
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
    quantity: Annotated[int, Field(ge=0, le=INTEGER_MAX), BeforeValidator(refuse_conversion)] = 0


class ItemRead(BaseModel):
    """An item as it is stored."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    quantity: int
    created_at: datetime


class ItemPage(BaseModel):
    """Some items, and the `after` that brings the next ones."""

    items: list[ItemRead]
    next_after: int | None
