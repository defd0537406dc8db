"""The whole product, tried from outside."""
