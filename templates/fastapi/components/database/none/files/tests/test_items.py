import pytest
from httpx import AsyncClient


@pytest.mark.parametrize(
    ("order", "quote"),
    [
        (
            {"lines": [{"unit_price": 250}, {"unit_price": 99, "quantity": 3}]},
            {"subtotal": 547, "discount": 0, "total": 547},
        ),
        (
            {"lines": [{"unit_price": 145}], "discount_percent": 10},
            {"subtotal": 145, "discount": 15, "total": 130},
        ),
        (
            {"lines": [{"unit_price": 144}], "discount_percent": 10},
            {"subtotal": 144, "discount": 14, "total": 130},
        ),
    ],
)
async def test_an_order_costs_its_lines_less_the_discount(
    client: AsyncClient, order: dict[str, object], quote: dict[str, int]
) -> None:
    response = await client.post("/items/quote", json=order)

    assert (response.status_code, response.json()) == (200, quote)


@pytest.mark.parametrize(
    "order",
    [
        {"lines": []},
        {"lines": [{"unit_price": 1}] * 101},
        {"lines": [{"unit_price": -1}]},
        {"lines": [{"unit_price": 1, "quantity": 0}]},
        {"lines": [{"unit_price": 1}], "discount_percent": 101},
    ],
)
async def test_an_order_that_makes_no_sense_is_refused(
    client: AsyncClient, order: dict[str, object]
) -> None:
    response = await client.post("/items/quote", json=order)

    assert response.status_code == 422


@pytest.mark.parametrize(("price", "status"), [(1.0, 200), (True, 422), ("1", 422), (1.5, 422)])
async def test_a_price_is_an_integer_of_json(
    client: AsyncClient, price: object, status: int
) -> None:
    response = await client.post("/items/quote", json={"lines": [{"unit_price": price}]})

    assert response.status_code == status
