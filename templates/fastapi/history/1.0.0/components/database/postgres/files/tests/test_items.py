import pytest
from httpx import AsyncClient


async def test_a_created_item_is_found_where_its_location_says(client: AsyncClient) -> None:
    created = await client.post("/items", json={"name": "lamp", "quantity": 3})
    found = await client.get(created.headers["location"])

    assert (created.status_code, found.status_code) == (201, 200)
    assert found.json() == created.json()
    assert (found.json()["name"], found.json()["quantity"]) == ("lamp", 3)


async def test_a_name_can_be_taken_once(client: AsyncClient) -> None:
    await client.post("/items", json={"name": "lamp"})
    other = await client.post("/items", json={"name": "chair"})

    created = await client.post("/items", json={"name": "lamp"})
    replaced = await client.put(other.headers["location"], json={"name": "lamp"})
    found = await client.get(other.headers["location"])

    assert (created.status_code, replaced.status_code) == (409, 409)
    assert created.json()["detail"] == "another item has this name"
    assert found.json()["name"] == "chair"


@pytest.mark.parametrize("name", ["", "x" * 101, "two\nlines", "\0"])
async def test_a_name_is_one_line_of_text(client: AsyncClient, name: str) -> None:
    response = await client.post("/items", json={"name": name})

    assert response.status_code == 422


@pytest.mark.parametrize("identifier", ["0", str(2**63), "9" * 5000, "x"])
async def test_an_id_fits_the_column(client: AsyncClient, identifier: str) -> None:
    response = await client.get(f"/items/{identifier}")

    assert response.status_code == 422


@pytest.mark.parametrize(("quantity", "status"), [(1.0, 201), (True, 422), ("1", 422), (1.5, 422)])
async def test_a_quantity_is_an_integer_of_json(
    client: AsyncClient, quantity: object, status: int
) -> None:
    response = await client.post("/items", json={"name": "lamp", "quantity": quantity})

    assert response.status_code == status


async def test_pages_follow_each_other(client: AsyncClient) -> None:
    for name in ("a", "b", "c"):
        await client.post("/items", json={"name": name})

    first = (await client.get("/items", params={"limit": 2})).json()
    second = (await client.get("/items", params={"limit": 2, "after": first["next_after"]})).json()

    assert [item["name"] for item in first["items"]] == ["a", "b"]
    assert [item["name"] for item in second["items"]] == ["c"]
    assert second["next_after"] is None


async def test_a_replaced_item_has_its_new_content(client: AsyncClient) -> None:
    created = await client.post("/items", json={"name": "lamp", "quantity": 3})
    location = created.headers["location"]

    replaced = await client.put(location, json={"name": "lamp", "quantity": 4})

    assert replaced.status_code == 200
    assert (await client.get(location)).json() == created.json() | {"quantity": 4}


async def test_a_deleted_item_is_gone(client: AsyncClient) -> None:
    location = (await client.post("/items", json={"name": "lamp"})).headers["location"]

    deleted = await client.delete(location)

    assert (deleted.status_code, deleted.content) == (204, b"")
    for response in (
        await client.get(location),
        await client.put(location, json={"name": "lamp"}),
        await client.delete(location),
    ):
        assert response.status_code == 404
        assert response.json()["detail"] == "no item has this id"
