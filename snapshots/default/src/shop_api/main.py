"""The application that a server imports."""

from shop_api.app import create_app

app = create_app()
