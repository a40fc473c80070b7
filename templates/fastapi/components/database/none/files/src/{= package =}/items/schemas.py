"""What clients send and receive about items."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def refuse_conversion(value: object) -> object:
    """Refuse what Pydantic would turn into an integer, but a JSON schema does not call one.

    Strict mode would go too far: it also refuses 1.0.
    """
    if isinstance(value, bool | str):
        message = "Input should be a valid integer"
        raise ValueError(message)  # noqa: TRY004
    return value


no_conversion = BeforeValidator(refuse_conversion)


class Line(BaseModel):
    """So many of one item; prices are whole cents."""

    model_config = ConfigDict(extra="forbid")

    quantity: Annotated[int, Field(ge=1, le=1000), no_conversion] = 1
    unit_price: Annotated[int, Field(ge=0, le=10**9), no_conversion]


class Order(BaseModel):
    """What a client asks a price for."""

    model_config = ConfigDict(extra="forbid")

    lines: Annotated[list[Line], Field(min_length=1, max_length=100)]
    discount_percent: Annotated[int, Field(ge=0, le=100), no_conversion] = 0


class Quote(BaseModel):
    """What an order costs, in cents."""

    subtotal: int
    discount: int
    total: int
